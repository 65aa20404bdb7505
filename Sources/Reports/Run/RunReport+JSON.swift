import Artifacts
import Foundation
import Pipelines

extension RunReport {
    /// The report for programs; `null` stands for what is unknown and for numbers that aren't finite.
    package var json: JSONValue {
        .object([
            "run": .object([
                "id": .string(run.id), "pipeline": .string(run.pipeline), "file": .string(run.file),
                "startedAt": .number(run.startedAt), "seconds": .number(run.seconds),
                "exit": run.exit.map { .int(Int($0)) } ?? .null, "commandLine": .string(run.commandLine),
                "parameters": run.parameters,
            ]),
            "verdict": .string(run.verdict.word),
            "stages": .array(stages.map(\.json)),
            "gates": .array(
                gates.map {
                    .object([
                        "stage": .string($0.stage), "metric": .string($0.metric), "expected": .string($0.expected),
                        "value": .number($0.value), "passed": .bool($0.passed),
                    ])
                }),
            "tables": .array(tables.map(\.json)),
            "predictions": .array(comparisons.map(\.json)),
            "curves": .array(curves.map(\.json)),
            "environment": .array(
                environments.map {
                    .object(["name": .string($0.name), "value": .string($0.value), "stages": .int($0.count)])
                }),
            "commands": .array(reproduction.map(JSONValue.string)),
            "missing": .array(missing.map(JSONValue.string)),
        ])
    }
}

extension RunReport.Stage {
    fileprivate var json: JSONValue {
        .object([
            "name": .string(row.name), "kind": .string(row.kind), "state": .string(row.state),
            "key": row.key.map { .string($0.hex) } ?? .null, "why": .string(row.why), "seconds": .number(row.seconds),
            "startedAt": .number(startedAt), "cpuSeconds": .number(row.cpuSeconds), "threads": .int(threads),
            "peakMemoryBytes": .int(row.peakMemoryBytes), "upstream": .array(upstream.map(JSONValue.string)),
            "outputs": .object(
                Dictionary(outputs.map { ($0.role, .string($0.artifact.hex)) }, uniquingKeysWith: { first, _ in first })
            ),
            "metrics": .object(metrics.mapValues { .number($0) }),
        ])
    }
}

extension RunReport.Table {
    fileprivate var json: JSONValue {
        let cells = content.rows.flatMap { row in
            content.columns.compactMap { column -> JSONValue? in
                let name = "\(row).\(column)"
                guard let value = content.values[name] else { return nil }
                let reference = content.reference[name]
                return .object([
                    "row": .string(row), "column": .string(column), "value": .number(value),
                    "reference": .number(reference), "difference": .number(reference.map { value - $0 }),
                    "source": sources[name].map { .string($0.hex) } ?? .null,
                ])
            }
        }
        return .object([
            "stage": .string(stage), "artifact": .string(artifact.hex), "title": .string(content.title),
            "cells": .array(cells), "notes": .array(content.notes.map(JSONValue.string)),
            "gains": .array(
                gains.map {
                    .object([
                        "row": .string($0.row), "composed": .string($0.composed), "anchor": .string($0.anchor),
                        "value": .number($0.value),
                    ])
                }),
        ])
    }
}

extension PredictionComparison {
    fileprivate var json: JSONValue {
        .object([
            "dataset": .string(dataset.hex), "datasetStage": datasetStage.map(JSONValue.string) ?? .null,
            "composed": composed.json, "bases": .array(bases.map(\.json)),
            "counts": .object(
                Dictionary(uniqueKeysWithValues: Bucket.allCases.map { ($0.rawValue, .int(counts[$0] ?? 0)) })),
        ])
    }
}

extension PredictionComparison.Answerer {
    fileprivate var json: JSONValue {
        .object([
            "stage": .string(stage), "model": .string(model.hex), "modelStage": .string(modelStage),
            "predictions": .string(predictions.hex),
        ])
    }
}

extension StageCurve {
    fileprivate var json: JSONValue {
        .object([
            "stage": .string(stage), "unit": .string(unit), "figure": figure.map { .string($0.hex) } ?? .null,
            "series": .array(
                charts.flatMap { chart in
                    chart.series.map { series in
                        .object([
                            "chart": .string(chart.name), "name": .string(series.name),
                            "points": .array(series.points.map { .array([.number($0.x), .number($0.y)]) }),
                        ])
                    }
                }),
        ])
    }
}
