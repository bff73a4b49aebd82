// SPDX-License-Identifier: Apache-2.0

package schema_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/schema"
	"github.com/kahea-sip/kahea/modules/db_text"
)

func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	f, ctx, all := schema.Folder(dir), t.Context(), schema.Tables("standard")
	if made, err := f.Create(ctx, all); err != nil || len(made) != len(all) {
		t.Fatalf("got %d tables, %v, want %d", len(made), err, len(all))
	}
	if made, err := f.Create(ctx, all); err != nil || len(made) != 0 {
		t.Errorf("once more: got %v, %v, want that nothing is to be done", made, err)
	}
	if got, err := f.Compare(ctx, all); err != nil || len(got) != 0 {
		t.Errorf("what was made differs: %v, %v", got, err)
	}
	u, err := db.ParseURL("text://" + dir)
	if err != nil {
		t.Fatal(err)
	}
	d, err := db_text.New().Open(ctx, u)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := db.CheckVersion(ctx, d, "version", "location", 9); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "domain"), []byte("id(int,auto) domain(int) \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := f.Compare(ctx, all)
	want := []schema.Difference{{"domain", "has column domain of type int, want string"}, {"domain", "has no column did"}, {"domain", "has no column last_modified"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if gone, err := f.Drop(ctx, all); err != nil || len(gone) != len(all) {
		t.Errorf("got %v, %v, want all tables", gone, err)
	}
	if there, err := f.Exist(ctx); err != nil || len(there) != 0 {
		t.Errorf("%v, %v are left", there, err)
	}
}
