// Command leaky is a small gateway with one leak of each kind.
package main

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"example.com/leaky/internal/seats"
)

type gateway struct {
	client *http.Client
	seats  *seats.Manager
}

func (g *gateway) status(url string) (int, error) {
	resp, err := g.client.Get(url)
	if err != nil {
		return 0, err
	}
	if resp.StatusCode != http.StatusOK {
		return resp.StatusCode, fmt.Errorf("unexpected status %s", resp.Status)
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	go func() {
		time.Sleep(30 * time.Second)
		fmt.Fprintln(w, "done")
	}()
}

func (g *gateway) statuses(urls []string) {
	var wg sync.WaitGroup
	for _, url := range urls {
		go func() {
			wg.Add(1)
			defer wg.Done()
			fmt.Println(g.status(url))
		}()
	}
	wg.Wait()
}

func main() {
	g := &gateway{client: &http.Client{Timeout: time.Minute}, seats: seats.NewManager(30)}
	g.statuses([]string{"http://localhost:8080/a", "http://localhost:8080/b"})
	_ = http.ListenAndServe(":8080", g)
}
