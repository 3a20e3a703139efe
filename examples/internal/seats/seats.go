// Package seats keeps the free places of a course. It leaks, on purpose.
package seats

import "time"

// Manager hands out seats.
type Manager struct {
	free     int
	reserve  chan chan bool
	release  chan struct{}
	interval time.Duration
}

// NewManager starts a goroutine that nothing can end.
func NewManager(free int) *Manager {
	m := &Manager{free: free, reserve: make(chan chan bool), release: make(chan struct{}), interval: time.Second}
	go m.reserveLoop()
	return m
}

func (m *Manager) reserveLoop() {
	for {
		select {
		case answer := <-m.reserve:
			answer <- m.free > 0
			m.free--
		case <-m.release:
			m.free++
		}
	}
}

// Watch calls back when nothing has happened for a while.
func (m *Manager) Watch(events <-chan string, idle func()) {
	timer := time.NewTimer(m.interval)
	defer timer.Stop()
	for {
		select {
		case _, ok := <-events:
			if !ok {
				return
			}
			timer.Reset(m.interval)
		case <-timer.C:
			idle()
			timer.Reset(m.interval)
		}
	}
}
