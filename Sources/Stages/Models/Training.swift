import Artifacts
import Foundation
import LanguageModels
import Pipelines
import Tensors

/// A training run inside a stage: progress, a loss curve, and checkpoints from which a killed run resumes bit for bit.
struct Training<Model: CausalLanguageModel> {
    let corpus: TokenCorpus
    let options: TrainingOptions
    let context: StageContext
    /// Gives what a model is evaluated on while it learns; it never learns from it.
    var validation: (Model) throws -> TokenCorpus? = { _ in nil }
    /// Makes a model ready for sequences other than those that it is trained on.
    var detached: (Model) -> Model = { $0 }

    /// How often the model is evaluated in all, and on how many sequences at most, the first, if nothing depends on it.
    static var evaluations: Int { 20 }
    static var evaluatedSequences: Int { 256 }

    /// Trains the model that `make` gives, and returns it with the loss of each step, steps and losses as a table. Nobody else
    /// should hold that model: its weights are then changed in place.
    func callAsFunction(_ make: () throws -> Model) throws -> (model: Model, curve: Data) {
        var trainer = try Trainer(make(), corpus: corpus, options: options, threads: context.threads)
        let validation = try validation(trainer.model)
        let file = context.checkpointDirectory.appendingPathComponent("training.safetensors")
        let checkpoint = TrainingCheckpoint(
            file: file, profile: try NumericProfile.current().description, store: context.store)
        var losses: [Double] = []
        if let saved = checkpoint.read(log: context.log) {
            do {
                try trainer.restore(saved.state)
                guard saved.losses.count == trainer.completedSteps else {
                    throw StageFailure(
                        .badInput, "\(saved.losses.count) losses for \(trainer.completedSteps) steps")
                }
                losses = saved.losses
                context.log("resumed from step \(trainer.completedSteps) of \(options.steps)")
            } catch {
                context.log("the checkpoint doesn't fit (\(error)): training starts anew")
                trainer = try Trainer(make(), corpus: corpus, options: options, threads: context.threads)
            }
        }
        try context.stop.listening { try train(&trainer, losses: &losses, validation, checkpoint) }
        context.metric("trained-tokens", Double(trainer.trainedTokens))
        context.metric("operations-per-token", Double(trainer.model.trainingOperations))
        if options.steps == 0 {
            context.log("no steps: the model is as it started")
        } else {
            let loss = losses.suffix(20).reduce(0, +) / Double(losses.suffix(20).count)
            context.metric("loss", loss)
            context.log(
                "trained \(trainer.completedSteps) steps of \(options.batch) sequences; loss over the last 20: \(loss)")
        }
        if options.patience != nil {
            context.metric("best-step", Double(trainer.resultStep))
            context.log(
                "the weights are those after step \(trainer.resultStep), which did best on the validation corpus")
        }
        if let validation {
            let last = evaluate(trainer.result, trainer, on: validation)
            context.metric("validation-loss", last.loss)
            context.metric("validation-accuracy", last.accuracy)
        }
        var curve = "step\tloss\n"
        for (index, loss) in losses.enumerated() { curve += "\(index + 1)\t\(loss)\n" }
        return (trainer.result, Data(curve.utf8))
    }

    /// Where it decides something, on all of the validation corpus.
    private func evaluate(
        _ model: Model, _ trainer: Trainer<Model>, on validation: TokenCorpus
    ) -> (loss: Double, accuracy: Double) {
        let count = options.patience == nil ? min(validation.count, Self.evaluatedSequences) : validation.count
        return trainer.evaluate(detached(model), on: validation, sequences: 0..<count)
    }

    /// Whether an evaluation follows this step: after the first, the last, and evenly between.
    private func isDue(_ step: Int) -> Bool {
        step == 1 || step * Self.evaluations / options.steps > (step - 1) * Self.evaluations / options.steps
    }

    /// Takes the steps that are left, and leaves a checkpoint now and then, and when asked to stop.
    private func train(
        _ trainer: inout Trainer<Model>, losses: inout [Double], _ validation: TokenCorpus?,
        _ checkpoint: TrainingCheckpoint
    ) throws {
        let clock = ContinuousClock()
        let started = clock.now
        var saved = started
        // How long the last checkpoint took: a large model isn't written all the time.
        var writing = 0.0
        var tokens = 0
        // No part of how fast it learns.
        var evaluating = Duration.zero
        var telemetry = context.telemetry(unit: "steps", total: options.steps, from: trainer.completedSteps)
        // Also when the loss diverges: the curve says where.
        defer { context.keep(telemetry) }
        while !trainer.isDone {
            let step = try trainer.step()
            losses.append(step.loss)
            tokens += step.tokens
            let now = clock.now
            telemetry.add(
                StageTelemetry.Step(
                    loss: step.loss, learningRate: Double(step.learningRate), tokens: step.tokens,
                    accuracy: step.scoredTokens > 0 ? Double(step.correct) / Double(step.scoredTokens) : nil,
                    elapsed: (now - started - evaluating) / .seconds(1)), completed: step.step)
            if let validation, isDue(step.step) {
                let measured = evaluate(trainer.current, trainer, on: validation)
                trainer.take(validationLoss: measured.loss)
                for (name, value) in [("loss", measured.loss), ("accuracy", measured.accuracy)] {
                    telemetry.add(
                        StageTelemetry.Evaluation(completed: step.step, name: "validation \(name)", value: value))
                }
                evaluating += clock.now - now
            }
            context.progress(
                StageProgress(
                    completed: step.step, total: options.steps, unit: "steps", loss: step.loss,
                    tokensPerSecond: Double(tokens) / ((now - started - evaluating) / .seconds(1))))
            if trainer.isDone { break }
            let isStopping = context.stop.isMade
            if isStopping || (now - saved) / .seconds(1) > max(context.checkpointInterval, writing * 20) {
                // First: what is kept may reach beyond the checkpoint, never fall short of it.
                context.keep(telemetry)
                try checkpoint.write(state: trainer.stateParts(), losses: losses)
                saved = clock.now
                writing = (saved - now) / .seconds(1)
            }
            if isStopping {
                let place = "after step \(step.step) of \(options.steps)"
                context.log("stopped \(place), with a checkpoint")
                throw StageFailure(.crashed, "stopped by SIGTERM \(place); its checkpoint is kept")
            }
        }
    }
}

/// A training state in one file, written atomically and durably; valid only for the numeric profile that wrote it.
///
/// In order: the SHA-256 of the rest as 64 hexadecimal digits, the length of the header as a little-endian 64-bit
/// integer, the header as JSON, the trainer's state.
package struct TrainingCheckpoint {
    let file: URL
    let profile: String
    let store: Store

    package init(file: URL, profile: String, store: Store) {
        self.file = file
        self.profile = profile
        self.store = store
    }

    private struct Header: Codable {
        let profile: String
        let losses: [Double]
    }

    package func write(state: [Data], losses: [Double]) throws {
        let header = try JSONEncoder().encode(Header(profile: profile, losses: losses))
        let content = [withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) }, header] + state
        do {
            try store.replace(file, with: [Data(Digest(ofPieces: content).hex.utf8)] + content)
        } catch {
            throw StageFailure(.store, "the checkpoint \(file.path) can't be written: \(error.message)")
        }
    }

    /// The saved state, or nil if there is none that can be used: training then starts anew.
    package func read(log: (String) -> Void) -> (state: Data, losses: [Double])? {
        // Mapped: it is some times as large as the model.
        guard let data = try? Data(contentsOf: file, options: .alwaysMapped) else { return nil }
        let content = data.dropFirst(64)
        guard content.count >= 8, Digest(of: content).hex == String(decoding: data.prefix(64), as: UTF8.self) else {
            return discard("is damaged", log)
        }
        let length = content.prefix(8).enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << (8 * $1.offset) }
        guard length <= UInt64(content.count - 8),
            let header = try? JSONDecoder().decode(Header.self, from: content.dropFirst(8).prefix(Int(length)))
        else { return discard("is damaged", log) }
        guard header.profile == profile else {
            return discard("was made with \(header.profile), this is \(profile)", log)
        }
        return (content.dropFirst(8 + Int(length)), header.losses)
    }

    private func discard(_ reason: String, _ log: (String) -> Void) -> (state: Data, losses: [Double])? {
        log("the checkpoint \(reason): training starts anew")
        return nil
    }
}
