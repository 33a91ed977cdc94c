using System.Globalization;
using System.Text;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models.Packages;

namespace Mlp.Runtime.Models;

/// <summary>
/// A published version as a page for people, in Markdown: what it predicts, what it takes, how good it was, where it came from and how to call it. The same manifest gives the same text;
/// names and descriptions, which anybody may have chosen, appear as they are and never as Markdown or HTML.
/// </summary>
public static class ModelCard
{
    /// <summary>Writes the page.</summary>
    /// <param name="manifest">The version.</param>
    /// <param name="trainingSet">What it was trained on, to show rows, labels and commits; null shows the hash alone.</param>
    /// <returns>Markdown with line feeds.</returns>
    public static string Render(ModelManifest manifest, TrainingSetManifest? trainingSet = null)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"# {Text(manifest.Name)}, version {manifest.Version}\n\n");
        if (!string.IsNullOrWhiteSpace(manifest.Description))
        {
            page.Append(CultureInfo.InvariantCulture, $"{Text(manifest.Description)}\n\n");
        }

        page.Append(CultureInfo.InvariantCulture, $"Published {manifest.CreatedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC.\n\n");
        WritePrediction(page, manifest.Output);
        WriteInputs(page, manifest);
        WriteQuality(page, manifest);
        WriteLineage(page, manifest);
        WriteTrainingSet(page, trainingSet);
        WriteFiles(page, manifest);
        WriteCall(page, manifest);
        return page.ToString();
    }

    private static string Text(string value) => MarkdownText.Escape(value);

    private static void WritePrediction(StringBuilder page, ModelOutput output)
    {
        var task = output.Task switch
        {
            ModelTask.BinaryClassification => "One of two classes; the score is the probability of the positive one",
            ModelTask.MulticlassClassification => "One of several classes; the scores are their probabilities",
            ModelTask.Regression => "A number",
            ModelTask.Tensors => "Tensors without a score: the model is called by its inputs and outputs",
            _ => "A number whose order counts",
        };
        page.Append(CultureInfo.InvariantCulture, $"## What it predicts\n\n{task}.\n\n");
        var rows = new List<(string, string?)>
        {
            ("Label", output.LabelDefinition),
            ("Unit", output.LabelUnit),
            ("Classes", output.ClassNames.Count == 0 ? null : string.Join(", ", output.ClassNames)),
            ("Decision threshold", output.Task == ModelTask.BinaryClassification ? Number(output.DecisionThreshold) : null),
            ("Score", output.Task == ModelTask.Tensors ? null : FormattableString.Invariant($"column {output.ScoreIndex} of output '{output.ScoreOutput}'")),
        };
        WriteTable(page, ["", ""], rows.Where(r => !string.IsNullOrEmpty(r.Item2)).Select(r => new[] { r.Item1, r.Item2! }));
    }

    private static void WriteInputs(StringBuilder page, ModelManifest manifest)
    {
        page.Append("## What it takes\n\n");
        WriteTable(
            page,
            ["Input", "Type", "Shape"],
            manifest.Signature.Inputs.Select(i => new[] { i.Name, i.ElementType.ToString(), Shape(i) }));
        if (manifest.FeatureService is { } service)
        {
            page.Append(
                CultureInfo.InvariantCulture,
                $"Features come from service {Text(service.Name)} version {service.Version}, fingerprint {Text(service.Fingerprint)}.\n\n");
        }

        if (manifest.Features is { Count: > 0 } features)
        {
            WriteTable(page, ["Feature", "Type", "View"], features.Select(f => new[] { f.Name, f.Type.ToString(), f.View }));
        }
        else
        {
            page.Append(
                manifest.Output.Task == ModelTask.Tensors
                    ? "Callers bring the inputs by their names.\n\n"
                    : "No features are described: each column of an input is one, called like the input. Callers bring them as rows, records or tables, or the inputs by their names.\n\n");
        }
    }

    private static void WriteQuality(StringBuilder page, ModelManifest manifest)
    {
        page.Append("## How good it was\n\n");
        if (manifest.Metrics.Count == 0)
        {
            page.Append("Nobody has said.\n\n");
        }
        else
        {
            WriteTable(page, ["Metric", "Value"], manifest.Metrics.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => new[] { m.Key, Number(m.Value) }));
        }

        page.Append(
            manifest.ExportProof is { } proof
                ? FormattableString.Invariant(
                    $"The file was compared with the trained model on {proof.RowCount} rows: the largest difference was {Number(proof.MaximumDifference)} (aim: {Number(proof.Tolerance)}, relative to values above 1).\n\n")
                : "The file came from another tool; it was not compared with the trained model.\n\n");
        if (manifest.ExportProof?.Precision is { } cost)
        {
            page.Append(FormattableString.Invariant(
                $"It computes in {MarkdownText.Escape(cost.Precision)}: no score of the rows of the comparison changed by more than {Number(cost.MaximumDifference)} by that"));
            page.Append(string.Concat(cost.Metrics.Select(m => $"; {MarkdownText.Escape(m.Name)} went from {Number(m.Before)} to {Number(m.After)}")));
            page.Append(".\n\n");
        }

        page.Append(
            manifest.GoldenRowsSha256 is null
                ? "It has no golden rows.\n\n"
                : "It has golden rows: real rows with their answers, which are run whenever it is loaded. A package may leave them out.\n\n");
    }

    private static void WriteLineage(StringBuilder page, ModelManifest manifest)
    {
        page.Append("## Where it came from\n\n");
        var origin = manifest.Origin;
        var rows = new List<(string, string?)>
        {
            ("Training set", manifest.TrainingSetHash),
            ("Parent version", manifest.ParentVersion?.ToString(CultureInfo.InvariantCulture)),
            ("Training run", manifest.RunId),
            ("Imported from", origin is null ? null : FormattableString.Invariant($"{origin.Name} version {origin.Version}, published {origin.CreatedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC")),
            ("Parent version there", origin?.ParentVersion?.ToString(CultureInfo.InvariantCulture)),
            ("SHA-256 of the package", origin?.PackageSha256),
        };
        rows.AddRange(manifest.Tags.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => ("Tag " + t.Key, (string?)t.Value)));
        WriteTable(page, ["", ""], rows.Where(r => !string.IsNullOrEmpty(r.Item2)).Select(r => new[] { r.Item1, r.Item2! }));
    }

    private static void WriteTrainingSet(StringBuilder page, TrainingSetManifest? set)
    {
        if (set is null)
        {
            return;
        }

        page.Append("## What it was trained on\n\n");
        var rows = new List<(string, string?)>
        {
            ("Rows", set.RowCount.ToString(CultureInfo.InvariantCulture)),
            ("Label", string.Join(", ", set.LabelColumns)),
            ("Weight", set.WeightColumn),
            ("Time", set.TimeColumn),
            ("Feature service", set.FeatureService is { } service ? FormattableString.Invariant($"{service.Name} version {service.Version}, fingerprint {service.Fingerprint}") : null),
            ("Made", set.CreatedAt is { } made ? FormattableString.Invariant($"{made.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC") : null),
        };
        if (set.Commits.Count > 0)
        {
            rows.Add(("Values that a row could see", set.JoinMode == JoinMode.CreatedTime ? "those known at its time" : "those dated up to its time, later corrections included"));
        }

        WriteTable(page, ["", ""], rows.Where(r => !string.IsNullOrEmpty(r.Item2)).Select(r => new[] { r.Item1, r.Item2! }));
        if (set.Commits.Count > 0)
        {
            WriteTable(
                page,
                ["View", "Version", "Commit", "Fingerprint"],
                set.Commits.Select(c => new[] { c.View, c.Version.ToString(CultureInfo.InvariantCulture), c.Commit.ToString(CultureInfo.InvariantCulture), c.Fingerprint }));
        }
    }

    private static void WriteFiles(StringBuilder page, ModelManifest manifest)
    {
        page.Append("## Files\n\n");
        var files = manifest.ExternalData.Select(f => new[] { f.Path, Bytes(f.ByteCount), f.Sha256 });
        WriteTable(page, ["File", "Bytes", "SHA-256"], files.Prepend([PackageFormat.OnnxEntry, Bytes(manifest.OnnxByteCount), manifest.OnnxSha256]));
    }

    private static void WriteCall(StringBuilder page, ModelManifest manifest)
    {
        var name = MarkdownText.Literal(manifest.Name);
        var call = manifest switch
        {
            { Output.Task: ModelTask.Tensors } => "model.Run(inputs, outputs);",
            { FeatureService: null } => TakesFloatsOnly(manifest)
                ? "var prediction = model.Predict(features); // float32, in the order above"
                : "var answer = model.As<TFeatures, TAnswer>().Predict(features); // types of your own: a property for each feature, and for each answer",
            _ => "var prediction = await model.PredictAsync(keys, request);",
        };
        page.Append(
            CultureInfo.InvariantCulture,
            $"## How to call it\n\n```csharp\nbuilder.AddModel({name}, model => model.FromVersion({manifest.Version}));\n// ...\nvar model = platform.GetModel({name});\n{call}\n```\n");
    }

    private static bool TakesFloatsOnly(ModelManifest manifest)
        => manifest.Features?.All(f => f.Type == FeatureType.Float32) ?? manifest.Signature.Inputs.All(i => i.ElementType == TensorElementKind.Float32);

    /// <summary>A table, or nothing where there are no rows.</summary>
    private static void WriteTable(StringBuilder page, string[] titles, IEnumerable<string[]> rows)
    {
        var any = false;
        foreach (var row in rows)
        {
            if (!any)
            {
                page.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", titles)} |\n|{string.Concat(titles.Select(_ => " --- |"))}\n");
                any = true;
            }

            page.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", row.Select(Text))} |\n");
        }

        page.Append(any ? "\n" : "Nobody has said.\n\n");
    }

    private static string Shape(TensorSpecification tensor)
        => "[" + string.Join(", ", tensor.Dimensions.Select((d, i) => d >= 0 ? d.ToString(CultureInfo.InvariantCulture) : i == 0 ? "N" : "?")) + "]";

    private static string Number(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    private static string Bytes(long count) => count.ToString(CultureInfo.InvariantCulture);
}
