import Evaluation
import Pipelines
import Stages

/// Translation of short texts between English and other languages.
///
/// Source: CALM (arXiv 2401.02412), §4.2. Its texts aren't public; programs' message catalogues take their place here, such as those of
/// LibreOffice in 95 languages (Debian's `libreoffice-l10n-*`). The catalogues keep their licence, which holds for datasets made of
/// them: LibreOffice's strings are under the Mozilla Public License 2.0.
package enum Translation: LearningTask {
    package static let kinds: [any StageKind.Type] = [
        WithTasks<TranslationPairsStage, BuiltInTasks>.self
    ]

    package static let judges: [any Judge] = []
}
