// Threads that generate, parse, evaluate and print random expressions: deep stacks, and tens of thousands of distinct ones.
//
//     g++ -O1 -g -fno-omit-frame-pointer -fno-optimize-sibling-calls -pthread -o interpreter interpreter.cpp
//     ./interpreter SECONDS DEPTH EXPRESSIONS
//
// DEPTH is how deep the expressions nest; with ever new ones (EXPRESSIONS 0) ever new stacks appear, with some that each
// thread comes back to most stacks were seen before.
#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace interpreter {

struct Node;
using Tree = std::unique_ptr<Node>;
using Scope = std::map<std::string, double>;

struct Node {
    virtual ~Node() = default;
    virtual double evaluate(Scope &scope) const = 0;
    virtual void print(std::string &out) const = 0;
};

struct Number : Node {
    double value;
    explicit Number(double value) : value(value) {}
    double evaluate(Scope &) const override { return value; }
    void print(std::string &out) const override { out += std::to_string(value); }
};

struct Variable : Node {
    std::string name;
    explicit Variable(std::string name) : name(std::move(name)) {}
    double evaluate(Scope &scope) const override { return scope[name]; }
    void print(std::string &out) const override { out += name; }
};

template <char Operator>
struct Binary : Node {
    Tree left, right;
    Binary(Tree left, Tree right) : left(std::move(left)), right(std::move(right)) {}
    double evaluate(Scope &scope) const override {
        double a = left->evaluate(scope), b = right->evaluate(scope);
        return Operator == '+' ? a + b : Operator == '-' ? a - b : a * b / 1024;
    }
    void print(std::string &out) const override {
        out += '(', left->print(out), out += Operator, right->print(out), out += ')';
    }
};

struct Largest : Node {
    std::vector<Tree> members;
    double evaluate(Scope &scope) const override {
        std::vector<double> values;
        std::transform(members.begin(), members.end(), std::back_inserter(values),
                       [&](const Tree &member) { return member->evaluate(scope); });
        std::sort(values.begin(), values.end());
        return values.back();
    }
    void print(std::string &out) const override {
        out += '[';
        for (const Tree &member : members) member->print(out), out += ',';
        out += ']';
    }
};

struct Let : Node {
    std::string name;
    Tree value, body;
    double evaluate(Scope &scope) const override {
        Scope inner(scope);
        inner[name] = value->evaluate(scope);
        return body->evaluate(inner);
    }
    void print(std::string &out) const override {
        out += '{' + name + '=', value->print(out), out += ';', body->print(out), out += '}';
    }
};

class Parser {
    const char *at;
    Tree sum() {
        Tree left = product();
        while (*at == '+' || *at == '-')
            left = *at == '+' ? (++at, Tree(new Binary<'+'>(std::move(left), product())))
                              : (++at, Tree(new Binary<'-'>(std::move(left), product())));
        return left;
    }
    Tree product() {
        Tree left = primary();
        while (*at == '*') ++at, left.reset(new Binary<'*'>(std::move(left), primary()));
        return left;
    }
    Tree primary() {
        if (*at == '(') return group();
        if (*at == '[') return list();
        if (*at == '{') return binding();
        if (*at >= 'a' && *at <= 'z') return Tree(new Variable(std::string(1, *at++)));
        char *end;
        double value = std::strtod(at, &end);
        at = end;
        return Tree(new Number(value));
    }
    Tree group() {
        ++at;
        Tree inner = sum();
        ++at;
        return inner;
    }
    Tree list() {
        auto largest = std::make_unique<Largest>();
        for (++at; *at != ']'; ++at) largest->members.push_back(sum());
        ++at;
        return largest;
    }
    Tree binding() {
        auto let = std::make_unique<Let>();
        let->name = std::string(1, at[1]);
        at += 3, let->value = sum();
        ++at, let->body = sum();
        ++at;
        return let;
    }

   public:
    Tree parse(const std::string &text) { return at = text.c_str(), sum(); }
};

Tree generate(std::mt19937 &random, int depth) {
    int kind = depth <= 0 ? random() % 2 : random() % 8;
    std::string name(1, 'a' + random() % 26);
    if (kind == 0) return Tree(new Number(random() % 1000));
    if (kind == 1) return Tree(new Variable(name));
    Tree left = generate(random, depth - 1);
    if (kind == 2) {
        auto largest = std::make_unique<Largest>();
        largest->members.push_back(std::move(left));
        for (unsigned i = random() % 3; i > 0; --i) largest->members.push_back(generate(random, depth - 1));
        return largest;
    }
    Tree right = generate(random, depth - 1);
    if (kind == 3) {
        auto let = std::make_unique<Let>();
        let->name = name, let->value = std::move(left), let->body = std::move(right);
        return let;
    }
    if (kind < 6) return Tree(new Binary<'+'>(std::move(left), std::move(right)));
    if (kind < 7) return Tree(new Binary<'-'>(std::move(left), std::move(right)));
    return Tree(new Binary<'*'>(std::move(left), std::move(right)));
}

double work(unsigned seed, int depth, unsigned expressions, std::chrono::steady_clock::time_point end) {
    std::mt19937 random;
    double total = 0;
    for (unsigned number = 0; std::chrono::steady_clock::now() < end; ++number) {
        random.seed(seed + 8 * (expressions ? number % expressions : number));
        std::string text;
        generate(random, depth)->print(text);
        Tree tree = Parser().parse(text);
        Scope scope;
        for (int i = 0; i < 4; ++i) total += tree->evaluate(scope);
    }
    return total;
}

}  // namespace interpreter

int main(int, char **argv) {
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(std::atoi(argv[1]));
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < 8; ++i) {
        threads.emplace_back(interpreter::work, i, std::atoi(argv[2]), std::atoi(argv[3]), end);
        pthread_setname_np(threads.back().native_handle(), ("worker-" + std::to_string(i)).c_str());
    }
    for (std::thread &thread : threads) thread.join();
}
