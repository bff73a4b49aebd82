// SPDX-License-Identifier: Apache-2.0

// Package trust reads the certificates of the authorities that databases are
// trusted by.
package trust

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Pool reads a file with certificates, or all files of a folder; nil, which
// stands for the authorities of the system, without a path.
func Pool(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	pool, some := x509.NewCertPool(), false
	err := filepath.WalkDir(path, func(file string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if file != path {
				return filepath.SkipDir
			}
			return nil
		}
		pem, err := os.ReadFile(file)
		some = pool.AppendCertsFromPEM(pem) || some
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("cannot read the certificates of authorities: %w", err)
	}
	if !some {
		return nil, fmt.Errorf("%s has no certificate", path)
	}
	return pool, nil
}

// Client is the configuration of a connection to a host whose certificate an
// authority of path has signed, see Pool.
func Client(host, path string) (*tls.Config, error) {
	pool, err := Pool(path)
	if err != nil {
		return nil, err
	}
	return &tls.Config{ServerName: host, RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}
