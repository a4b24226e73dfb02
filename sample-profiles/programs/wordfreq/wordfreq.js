// Counts words of a text it makes up, then ranks them. `isStopWord` is the slow part: it searches a list.
"use strict";

const STOP_WORDS = Array.from({ length: 400 }, (_, i) => `stop${i * 7}`);

function makeText(words) {
  let seed = 12345;
  const text = [];
  for (let i = 0; i < words; i++) {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    text.push(seed % 5 === 0 ? `stop${seed % 2800}` : `word${seed % 5000}`);
  }
  return text.join(" ");
}

function isStopWord(word) {
  return STOP_WORDS.includes(word);
}

function count(text) {
  const counts = new Map();
  for (const word of text.split(" ")) {
    if (!isStopWord(word)) counts.set(word, (counts.get(word) || 0) + 1);
  }
  return counts;
}

function rank(counts) {
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 10);
}

const top = rank(count(makeText(400000)));
console.log(top.map(([word, n]) => `${n} ${word}`).join("\n"));
