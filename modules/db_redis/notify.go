// SPDX-License-Identifier: Apache-2.0

package db_redis

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/redis/go-redis/v9"
)

// listenPause is how long a subscriber waits after its connection was lost.
const listenPause = 200 * time.Millisecond

// Publish implements db.Notifier.
func (d *database) Publish(ctx context.Context, channel, message string) error {
	return d.run(ctx, "publish", false, func(ctx context.Context) error { return d.client.Publish(ctx, channel, message).Err() })
}

// Mark implements db.Notifier.
func (d *database) Mark(ctx context.Context, name string) (mark string, err error) {
	err = d.run(ctx, "read the mark", true, func(ctx context.Context) (err error) {
		// Two steps: whoever comes second reads what the first has written.
		if err = d.client.SetNX(ctx, name, rand.Text(), 0).Err(); err == nil {
			mark, err = d.client.Get(ctx, name).Result()
		}
		return err
	})
	return mark, err
}

// Subscribe implements db.Notifier.
func (d *database) Subscribe(ctx context.Context, channel string, each func(message string), connected func()) {
	for ctx.Err() == nil {
		d.listen(ctx, channel, each, connected)
		select {
		case <-ctx.Done():
		case <-time.After(listenPause):
		}
	}
}

// listen subscribes until something fails. The library goes on with a connection on
// which the server has refused the command, and nothing would come any more.
func (d *database) listen(ctx context.Context, channel string, each func(message string), connected func()) {
	sub := d.client.Subscribe(ctx, channel)
	defer sub.Close()
	stop := context.AfterFunc(ctx, func() { sub.Close() })
	defer stop()
	for {
		got, err := sub.Receive(ctx)
		if err != nil {
			return
		}
		switch m := got.(type) {
		case *redis.Subscription:
			connected()
		case *redis.Message:
			each(m.Payload)
		}
	}
}
