// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
)

// options are the command line of the server: Kamailio's flags.
type options struct {
	file        string   // -f
	check       bool     // -c
	stderr      bool     // -E
	color       bool     // -e
	daemon      int      // number of -D
	pidFile     string   // -P
	pgidFile    string   // -G
	runDir      string   // -Y
	modulePath  string   // -L
	listen      []string // -l
	autoAlias   string   // -a
	aliases     []string // --alias
	defines     []string // -A
	children    int      // -n
	tcpChildren int      // -N
	sharedMB    int      // -m, megabytes; 0 for none given
	debug       int      // -d, --debug
	hasDebug    bool
	noTCP       bool // -T
	checkVia    bool // -K
	dnsVia      bool // -r
	dnsReverse  bool // -R
	user, group string
	workDir     string
	chroot      string
	maxBuffer   int // -b
	serverID    int
	version     bool
	help        bool
	cfgPrint    bool
	loadModules []string
	modParams   []string
	substs      []string // "subst:", "substdef:" or "substdefs:" and the expression
	logEngine   string
	jsonLog     *jsonFormat // of --log-engine; nil for none
	// ignored lists flags without meaning here, for a debug line.
	ignored []string
	// inspect has modules look into files of their own; the word check sets it.
	inspect bool
	// adapt is check.Options.Adapt; no flag sets it.
	adapt func(*module.Exports)
	// here looks for what a server needs of this machine; the word check and -c set it.
	here bool
	// stdin is the standard input, input the configuration that was read there.
	stdin io.Reader
	input []byte
}

// defaultFile is the configuration that Kamailio's package installs.
const (
	defaultFile   = "/etc/kamailio/kamailio.cfg"
	defaultRunDir = "/run/kamailio"
)

// flagsWithValue are the short flags that take a value, as in "-f file".
const flagsWithValue = "abfglmntuwxAGLMNOPQWXY"

// parseOptions reads the arguments in getopt's manner: short flags may stand
// together (-DDE), a value may follow its flag directly or as the next word.
func parseOptions(args []string) (*options, error) {
	o := &options{file: defaultFile, runDir: defaultRunDir, daemon: 0}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			if len(args) > 0 {
				return nil, fmt.Errorf("unexpected argument %q", args[0])
			}
		case strings.HasPrefix(arg, "--"):
			name, value, has := strings.Cut(arg[2:], "=")
			if !has && longNeedsValue[name] {
				if len(args) == 0 {
					return nil, fmt.Errorf("option --%s needs a value", name)
				}
				value, args = args[0], args[1:]
			}
			if err := o.long(name, value); err != nil {
				return nil, err
			}
		case len(arg) > 1 && arg[0] == '-':
			rest := arg[1:]
			for rest != "" {
				flag := rest[0]
				rest = rest[1:]
				value := ""
				if strings.IndexByte(flagsWithValue, flag) >= 0 {
					value, rest = rest, ""
					if value == "" {
						if len(args) == 0 {
							return nil, fmt.Errorf("option '-%c' requires an argument", flag)
						}
						value, args = args[0], args[1:]
					}
				}
				if err := o.short(flag, value); err != nil {
					return nil, err
				}
			}
		default:
			return nil, fmt.Errorf("unexpected argument %q: use -f for the configuration file, -h for help", arg)
		}
	}
	return o, nil
}

func (o *options) short(flag byte, value string) error {
	var err error
	switch flag {
	case 'f':
		o.file = value
	case 'c':
		o.check = true
	case 'E':
		o.stderr = true
	case 'e':
		o.color = true
	case 'D':
		o.daemon++
	case 'd':
		o.debug++
		o.hasDebug = true
	case 'P':
		o.pidFile = value
	case 'G':
		o.pgidFile = value
	case 'Y':
		o.runDir = value
	case 'L':
		o.modulePath = value
	case 'l':
		o.listen = append(o.listen, value)
	case 'a':
		o.autoAlias = value
	case 'A':
		o.defines = append(o.defines, value)
	case 'n':
		o.children, err = count("process number: -n", value)
		if value == "0" {
			o.children = defaultChildren // as Kamailio, also where the file has another number
		}
	case 'N':
		o.tcpChildren, err = count("process number: -N", value)
	case 'm':
		o.sharedMB, err = count("shmem size number: -m", value)
	case 'M':
		if _, err = count("private mem size number: -M", value); err == nil {
			o.ignored = append(o.ignored, "-M "+value)
		}
	case 'b':
		o.maxBuffer, err = number("-b", value)
	case 'T':
		o.noTCP = true
	case 'K':
		o.checkVia = true
	case 'r':
		o.dnsVia = true
	case 'R':
		o.dnsReverse = true
	case 'u':
		o.user = value
	case 'g':
		o.group = value
	case 'w':
		o.workDir = value
	case 't':
		o.chroot = value
	case 'v', 'V', 'I':
		o.version = true
	case 'h', '?':
		o.help = true
	case 'S':
		o.ignored = append(o.ignored, "-S (there is no SCTP)")
	case 'O', 'Q', 'W', 'x', 'X':
		o.ignored = append(o.ignored, fmt.Sprintf("-%c %s", flag, value))
	default:
		return fmt.Errorf("unknown option '-%c'. Use -h for help", flag)
	}
	return err
}

var longNeedsValue = map[string]bool{
	"alias": true, "debug": true, "loadmodule": true, "modparam": true, "server-id": true,
	"subst": true, "substdef": true, "substdefs": true, "log-engine": true, "atexit": true,
}

func (o *options) long(name, value string) error {
	var err error
	switch name {
	case "alias":
		o.aliases = append(o.aliases, value)
	case "debug":
		o.hasDebug = true
		o.debug, err = number("--debug", value)
	case "loadmodule":
		o.loadModules = append(o.loadModules, value)
	case "modparam":
		o.modParams = append(o.modParams, value)
	case "server-id":
		o.serverID, err = number("--server-id", value)
	case "subst", "substdef", "substdefs":
		o.substs = append(o.substs, name+":"+value)
	case "log-engine":
		o.logEngine = value
		engine, data, _ := strings.Cut(value, ":")
		if engine != "json" {
			return fmt.Errorf("unknown log engine %q: json is the one there is", engine)
		}
		o.jsonLog, err = newJSONFormat(data)
	case "cfg-print":
		o.cfgPrint = true
	case "atexit":
		o.ignored = append(o.ignored, "--atexit")
	case "help":
		o.help = true
	case "version":
		o.version = true
	default:
		return fmt.Errorf("unknown option '--%s'. Use -h for help", name)
	}
	return err
}

func number(flag, value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil {
		return 0, fmt.Errorf("bad number %q for %s", value, flag)
	}
	return n, nil
}

// count reads a number of megabytes or workers; what names it as Kamailio's
// message does.
func count(what, value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n > 1<<30 {
		return 0, fmt.Errorf("bad %s %s", what, value)
	}
	return n, nil
}

// defaultChildren is the number of workers per UDP socket where nobody gives
// one.
const defaultChildren = 8

const usage = `usage: kahea [options]            serve, with the flags of Kamailio
       kahea check [options] FILE  check a configuration and tell every mistake;
                                   --format=json|sarif for programs
       kahea fmt [-w|-d] [FILE…]   bring configurations into one layout
       kahea dump [options] FILE   print the program that a configuration becomes
       kahea trace -f FILE --packet MESSAGE
                                   tell what a configuration does with a message
       kahea run                   serve phones on loopback, with a configuration of its own
       kahea version               tell the version

Options:
  -f FILE       configuration file (default ` + defaultFile + `);
                - is the standard input
  -c            check the configuration file and end
  -E            log to stderr          -e  with colours
  -D            -D, -DD stay in the foreground
  -d            more debugging output (several: even more); --debug=N sets it
  -l ADDRESS    listen on [proto:]address[:port][/advertised[:port]]; repeat for more
  -a yes|no     automatic aliases      --alias=[proto:]host[:port]  add an alias
  -A NAME[=V]   preprocessor define
  -n N          workers per UDP socket    -N N  TCP workers
  -m MB         memory for transactions (default: half of the container's, else of the machine's)
  -P FILE       pid file               -G FILE  process group file
  -Y DIR        run folder (default ` + defaultRunDir + `)
  -L PATH       module search path
  -w DIR        working folder         -t DIR   change the root folder
  -u USER       run as user            -g GROUP run as group
  -b N          largest UDP receive buffer, bytes
  -T            no TCP                 -K       check the Via host of replies
  -r            look the host of Via up, for received    -R  look the source up
  --loadmodule=NAME, --modparam=MODULE:PARAM:s|i:VALUE
  --server-id=N, --subst=EXP, --substdef=EXP, --substdefs=EXP
  --cfg-print   print the configuration after preprocessing
  --log-engine=json[:FLAGS]  log JSON lines
  -v            version                -h       this help

Accepted and without meaning here: -M -O -Q -S -W -x -X --atexit.
`
