/// The completion script for bash: the one that is made from the commands, changed to complete names of matrix cells.
///
/// bash breaks words at `=` and `:`, and the generated script passes names to `compgen -W`, which expands them and doesn't find
/// a word with quotes in it. The additions join the words again and take names as they are.
enum BashCompletionScript {
    /// The variable that tells `calm` which end of the word bash replaces.
    static let replacedWord = "CALM_COMPLETION_REPLACED"

    /// What the command line answers, with the additions if it is the generated script.
    static func completing(_ answer: String) -> String {
        guard answer.hasPrefix("#!/bin/bash\n") else { return answer }
        let custom = "\"$(__calm_custom_complete"
        return answer.replacing("__calm_add_completions -W \(custom)", with: "__calm_add_names \(custom)") + additions
    }

    private static let additions = """


        # Adds the names, one a line and already quoted; nothing in them is expanded.
        __calm_add_names() {
            local name last=/
            while IFS='' read -r name; do
                [[ -n "${name}" ]] && COMPREPLY+=("${name}") && last="${name}"
            done <<< "${1}"
            compopt +o filenames 2> /dev/null
            [[ "${last}" == */ ]] && compopt -o nospace 2> /dev/null
        }

        # Completes after joining the words that bash split at `=` and `:`, except for --option=value.
        __calm_whole_words() {
            local rest="${COMP_LINE:0:COMP_POINT}" gap word
            local -a whole=()
            local -i number
            for ((number = 0; number <= COMP_CWORD; number++)); do
                gap="${rest%%[![:space:]]*}"
                rest="${rest#"${gap}"}"
                word="${COMP_WORDS[number]}"
                ((number == COMP_CWORD)) && word="${rest}"
                rest="${rest#"${word}"}"
                if [[ ${#whole[@]} -gt 0 && -z "${gap}" && "${whole[-1]}" == --* && "${word}" == =* ]]; then
                    # What follows is a word of its own.
                    word="${word#=}"
                    whole+=("${word}")
                elif [[ ${#whole[@]} -eq 0 || -n "${gap}" ]]; then
                    whole+=("${word}")
                else
                    whole[-1]+="${word}"
                fi
            done
            local -x \(replacedWord)="${2}"
            local -r COMP_LINE="${COMP_LINE:0:COMP_POINT}"
            local -ar COMP_WORDS=("${whole[@]}")
            local -ir COMP_CWORD="$((${#whole[@]} - 1))" COMP_POINT="${#COMP_LINE}"
            _calm "${1}" "${2}" "${COMP_WORDS[COMP_CWORD > 0 ? COMP_CWORD - 1 : 0]}"
        }

        complete -o filenames -F __calm_whole_words calm
        """
}
