// SPDX-License-Identifier: Apache-2.0

package db_redis

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// listenPause is how long a subscriber waits after its connection was lost.
const listenPause = 200 * time.Millisecond

// Publish implements db.Notifier.
func (d *database) Publish(ctx context.Context, channel, message string) error {
	return d.run(ctx, "publish", false, func(ctx context.Context) error { return d.client.Publish(ctx, channel, message).Err() })
}

// Subscribe implements db.Notifier.
func (d *database) Subscribe(ctx context.Context, channel string, each func(message string), connected func()) {
	sub := d.client.Subscribe(ctx, channel)
	defer sub.Close()
	stop := context.AfterFunc(ctx, func() { sub.Close() })
	defer stop()
	for ctx.Err() == nil {
		got, err := sub.Receive(ctx)
		switch m := got.(type) {
		case *redis.Subscription:
			connected()
		case *redis.Message:
			each(m.Payload)
		}
		if err != nil {
			select {
			case <-ctx.Done():
			case <-time.After(listenPause):
			}
		}
	}
}
