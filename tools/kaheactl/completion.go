// SPDX-License-Identifier: Apache-2.0

package main

// completion holds the scripts that "kaheactl completion" prints. They ask the
// running server for its commands.
var completion = map[string]string{
	"bash": `# bash completion for kaheactl; load with: source <(kaheactl completion bash)
_kaheactl() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	case $COMP_CWORD:${COMP_WORDS[1]} in
	1:*)
		COMPREPLY=($(compgen -W "list help completion $(kaheactl list "$cur" 2>/dev/null)" -- "$cur")) ;;
	2:help | 2:list)
		COMPREPLY=($(compgen -W "$(kaheactl list "$cur" 2>/dev/null)" -- "$cur")) ;;
	2:completion)
		COMPREPLY=($(compgen -W "bash zsh" -- "$cur")) ;;
	esac
}
complete -F _kaheactl kaheactl
`,
	"zsh": `#compdef kaheactl
# zsh completion for kaheactl; load with: source <(kaheactl completion zsh)
_kaheactl() {
	case $CURRENT in
	2) compadd -- list help completion ${(f)"$(kaheactl list "$words[2]" 2>/dev/null)"} ;;
	3)
		case $words[2] in
		help | list) compadd -- ${(f)"$(kaheactl list "$words[3]" 2>/dev/null)"} ;;
		completion) compadd -- bash zsh ;;
		esac ;;
	esac
}
compdef _kaheactl kaheactl
`,
}
