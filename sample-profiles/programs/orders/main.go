// Orders makes up orders, groups them by customer, sorts each group and prints a report, and records itself.
//
// It is slow on purpose: sortByPrice is an insertion sort, and report joins its text with +=.
package main

import (
	"context"
	"flag"
	"fmt"
	"hash/fnv"
	"log"
	"os"
	"runtime"
	"runtime/pprof"
)

type order struct {
	customer int
	price    int
	item     string
}

type generator struct{ state uint64 }

// next is small enough to be inlined wherever it is called.
func (g *generator) next(limit int) int {
	g.state = g.state*6364136223846793005 + 1442695040888963407
	return int(g.state>>33) % limit
}

func generate(count, customers int) []order {
	g := generator{state: 42}
	orders := make([]order, 0, count)
	for i := 0; i < count; i++ {
		item := fmt.Sprintf("item-%04d", g.next(5000))
		orders = append(orders, order{g.next(customers), g.next(100000), item})
	}
	return orders
}

func group(orders []order, customers int) [][]order {
	groups := make([][]order, customers)
	for _, o := range orders {
		groups[o.customer] = append(groups[o.customer], o)
	}
	return groups
}

func cheaper(a, b order) bool { return a.price < b.price }

func sortByPrice(orders []order) {
	for i := 1; i < len(orders); i++ {
		for j := i; j > 0 && cheaper(orders[j], orders[j-1]); j-- {
			orders[j], orders[j-1] = orders[j-1], orders[j]
		}
	}
}

func report(groups [][]order) string {
	text := ""
	for customer, orders := range groups {
		sum := 0
		for _, o := range orders {
			sum += o.price
		}
		text += fmt.Sprintf("customer %d: %d orders, %d\n", customer, len(orders), sum)
	}
	return text
}

func checksum(groups [][]order) uint64 {
	hash := fnv.New64a()
	for _, orders := range groups {
		for _, o := range orders {
			hash.Write([]byte(o.item))
		}
	}
	return hash.Sum64()
}

func run(rounds int) {
	const count, customers = 400000, 200
	for round := 0; round < rounds; round++ {
		orders := generate(count, customers)
		groups := group(orders, customers)
		pprof.Do(context.Background(), pprof.Labels("phase", "sort"), func(context.Context) {
			for _, g := range groups {
				sortByPrice(g)
			}
		})
		kept = append(kept, groups)
		fmt.Println(len(report(groups)), checksum(groups))
	}
}

var kept [][][]order // what the heap profile finds in use

func create(path string) *os.File {
	file, err := os.Create(path)
	if err != nil {
		log.Fatal(err)
	}
	return file
}

func main() {
	cpu := flag.String("cpu", "", "write a CPU profile here")
	heap := flag.String("heap", "", "write a heap profile here")
	rounds := flag.Int("rounds", 8, "how often to do it all")
	flag.Parse()
	if *cpu != "" {
		file := create(*cpu)
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			log.Fatal(err)
		}
	}
	run(*rounds)
	pprof.StopCPUProfile()
	if *heap != "" {
		file := create(*heap)
		defer file.Close()
		runtime.GC()
		if err := pprof.WriteHeapProfile(file); err != nil {
			log.Fatal(err)
		}
	}
}
