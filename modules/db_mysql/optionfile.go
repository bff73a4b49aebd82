// SPDX-License-Identifier: Apache-2.0

package db_mysql

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// options are those of an option file (my.cnf) that clients take.
type options struct {
	host, socket, user, password, database, charset, sslCA string
	port                                                   int
}

// optionFiles are those of Debian's clients.
func optionFiles() []string {
	files := []string{"/etc/my.cnf", "/etc/mysql/my.cnf"}
	if home, err := os.UserHomeDir(); err == nil {
		files = append(files, filepath.Join(home, ".my.cnf"))
	}
	return files
}

// readOptions returns the options of the group client and of one more, of which
// the last one in the files counts.
func readOptions(files []string, group string) (options, error) {
	r := optionReader{group: group}
	for _, f := range files {
		if err := r.file(f, 0); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return options{}, err
		}
	}
	if !r.found {
		return options{}, fmt.Errorf("no option file has the group [%s]: looked in %s", group, strings.Join(files, ", "))
	}
	return r.options, nil
}

type optionReader struct {
	options
	group string
	found bool
}

// maxDepth bounds files that include each other.
const maxDepth = 10

func (r *optionReader) file(path string, depth int) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	taken := false
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		switch {
		case line == "" || line[0] == '#' || line[0] == ';':
		case line[0] == '!':
			if err := r.include(line, depth); err != nil {
				return fmt.Errorf("%s:%d: %w", path, n, err)
			}
		case line[0] == '[':
			name := strings.Trim(line, "[] ")
			taken = name == "client" || name == r.group
			r.found = r.found || name == r.group
		case taken:
			if err := r.set(line); err != nil {
				return fmt.Errorf("%s:%d: %w", path, n, err)
			}
		}
	}
	return lines.Err()
}

// include reads a file, or those of a folder that end with .cnf.
func (r *optionReader) include(line string, depth int) error {
	word, path, _ := strings.Cut(line, " ")
	path = strings.TrimSpace(path)
	if depth == maxDepth {
		return errors.New("files include each other")
	}
	switch word {
	case "!include":
		return r.file(path, depth+1)
	case "!includedir":
		files, err := filepath.Glob(filepath.Join(path, "*.cnf"))
		if err != nil {
			return err
		}
		for _, f := range files {
			if err := r.file(f, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("unknown word %s", word)
}

func (r *optionReader) set(line string) error {
	name, value, _ := strings.Cut(line, "=")
	name, value = strings.ReplaceAll(strings.TrimSpace(name), "_", "-"), strings.TrimSpace(value)
	if len(value) >= 2 && (value[0] == '"' || value[0] == '\'') && value[len(value)-1] == value[0] {
		value = value[1 : len(value)-1]
	}
	switch name {
	case "host":
		r.host = value
	case "socket":
		r.socket = value
	case "user":
		r.user = value
	case "password":
		r.password = value
	case "database":
		r.database = value
	case "default-character-set":
		r.charset = value
	case "ssl-ca":
		r.sslCA = value
	case "port":
		n, err := strconv.ParseUint(value, 10, 16)
		if err != nil {
			return fmt.Errorf("%q is no port", value)
		}
		r.port = int(n)
	}
	return nil // the others are for other programs
}
