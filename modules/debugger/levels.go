// SPDX-License-Identifier: Apache-2.0

package debugger

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
)

// splitLevel reads module=level.
func splitLevel(text string) (name string, l slog.Level, err error) {
	name, number, ok := strings.Cut(text, "=")
	n, bad := strconv.Atoi(strings.TrimSpace(number))
	if !ok || name == "" || bad != nil {
		return "", 0, fmt.Errorf("%q is not of the form module=level, as tm=3", text)
	}
	return strings.TrimSpace(name), module.LevelOf(n), nil
}

var levelWords = map[string]slog.Level{
	"L_ALERT": module.LevelAlert, "L_BUG": module.LevelBug, "L_CRIT2": module.LevelCrit2, "L_CRIT": module.LevelCrit, "L_ERR": module.LevelErr,
	"L_WARN": module.LevelWarn, "L_NOTICE": module.LevelNotice, "L_INFO": module.LevelInfo, "L_DBG": module.LevelDebug,
}

// compileLevel reads the level of a function: its word, or a number as Lua gives it.
func compileLevel(text string) (any, error) {
	if l, ok := levelWords[text]; ok {
		return l, nil
	}
	if n, err := strconv.Atoi(text); err == nil {
		return module.LevelOf(n), nil
	}
	return nil, fmt.Errorf("%q is no level: it is L_ALERT, L_BUG, L_CRIT, L_ERR, L_WARN, L_NOTICE, L_INFO or L_DBG", text)
}
