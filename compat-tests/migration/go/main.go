// A member of a group with franz-go: see run_migration.py for what it prints.
//
//	member ADDRESS GROUP TOPIC classic|consumer ASSIGNOR
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// What is printed, by the thread that polls and by those of the client.
type diary struct {
	mutex    sync.Mutex
	out      *bufio.Writer
	assigned map[int32]bool
}

func (d *diary) say(words ...any) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.write(words...)
}

func (d *diary) write(words ...any) {
	fmt.Fprint(d.out, time.Now().UnixMicro())
	for _, word := range words {
		fmt.Fprint(d.out, " ", word)
	}
	fmt.Fprintln(d.out)
	d.out.Flush()
}

// Partitions come or go.
func (d *diary) change(partitions map[string][]int32, has bool) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	for _, numbers := range partitions {
		for _, number := range numbers {
			if has {
				d.assigned[number] = true
			} else {
				delete(d.assigned, number)
			}
		}
	}
	numbers := []int32{}
	for number := range d.assigned {
		numbers = append(numbers, number)
	}
	slices.Sort(numbers)
	words := []any{"assigned"}
	for _, number := range numbers {
		words = append(words, number)
	}
	d.write(words...)
}

func options(d *diary, address, group, topic, protocol, assignor string) []kgo.Opt {
	comes := func(_ context.Context, _ *kgo.Client, p map[string][]int32) { d.change(p, true) }
	goes := func(_ context.Context, _ *kgo.Client, p map[string][]int32) { d.change(p, false) }
	chosen := []kgo.Opt{
		kgo.SeedBrokers(address), kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll(),
		kgo.FetchMaxWait(50 * time.Millisecond), kgo.HeartbeatInterval(500 * time.Millisecond),
		kgo.OnPartitionsAssigned(comes), kgo.OnPartitionsRevoked(goes), kgo.OnPartitionsLost(goes),
	}
	switch {
	case protocol == "consumer":
		chosen = append(chosen, kgo.ServerSideBalancer(), kgo.Balancers(kgo.StickyBalancer()))
	case assignor == "range":
		chosen = append(chosen, kgo.Balancers(kgo.RangeBalancer()))
	default:
		chosen = append(chosen, kgo.Balancers(kgo.CooperativeStickyBalancer()))
	}
	return chosen
}

func commit(d *diary, client *kgo.Client, records []*kgo.Record) {
	if err := client.CommitRecords(context.Background(), records...); err != nil {
		d.say("refused", err)
		return
	}
	next := map[int32]int64{}
	for _, record := range records {
		next[record.Partition] = max(next[record.Partition], record.Offset+1)
	}
	for partition, offset := range next {
		d.say("committed", partition, offset)
	}
}

func main() {
	d := &diary{out: bufio.NewWriter(os.Stdout), assigned: map[int32]bool{}}
	client, err := kgo.NewClient(options(d, os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5])...)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	stopping, stop := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	for stopping.Err() == nil {
		waiting, done := context.WithTimeout(stopping, 100*time.Millisecond)
		fetches := client.PollRecords(waiting, 100)
		done()
		fetches.EachError(func(_ string, _ int32, err error) {
			if waiting.Err() == nil {
				d.say("told", err)
			}
		})
		records := fetches.Records()
		for _, record := range records {
			d.say("read", record.Partition, record.Offset, string(record.Value))
		}
		if len(records) > 0 {
			commit(d, client, records)
		}
		client.AllowRebalance()
	}
	client.CloseAllowingRebalance()
	d.say("left")
}
