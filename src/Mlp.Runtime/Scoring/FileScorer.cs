using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Storage;
using Mlp.Runtime.Telemetry;

namespace Mlp.Runtime.Scoring;

/// <summary>
/// Scores a file part by part. A part is durable before it counts, so that a killed run goes on where it was, with the version that it began with; the output appears under its name when it is whole.
/// </summary>
/// <param name="name">Model name.</param>
/// <param name="pin">Pins the version in service (null), or a version that an earlier run began with.</param>
internal sealed class FileScorer(string name, Func<int?, int, CancellationToken, Task<PinnedScorer>> pin)
{
    private readonly IDiskSync _disk = DiskSync.Instance;

    /// <summary>Scores a file.</summary>
    /// <param name="inputPath">The rows.</param>
    /// <param name="outputPath">Where the rows with their answers go.</param>
    /// <param name="options">What is written.</param>
    /// <param name="progress">Told after each part.</param>
    /// <param name="cancellationToken">Ends the work; what has been scored stays for the next run.</param>
    public async Task<FileScoringResult> ScoreAsync(
        string inputPath, string outputPath, FileScoringOptions options, IProgress<FileScoringProgress>? progress, CancellationToken cancellationToken)
    {
        CallCancellation.ThrowIfCancelled($"model '{name}'", CallStage.Start, cancellationToken);
        return await TracedWork.RunAsync(
            () => RuntimeActivities.Source.StartActivity(RuntimeSpans.ScoreFile)?.SetTag("model", name),
            () => ScoreFileAsync(inputPath, outputPath, options, progress, cancellationToken),
            static (span, result) => span.SetTag("version", result.ModelVersion).SetTag("rows", result.RowCount).SetTag("rows.resumed", result.ResumedRowCount)).ConfigureAwait(false);
    }

    private async Task<FileScoringResult> ScoreFileAsync(
        string inputPath, string outputPath, FileScoringOptions options, IProgress<FileScoringProgress>? progress, CancellationToken cancellationToken)
    {
        var input = Path.GetFullPath(inputPath);
        var output = Path.GetFullPath(outputPath);
        var target = TableFormats.OfName(output);
        if (File.Exists(output) && !Directory.Exists(ScoringWorkFolder.PathOf(output)))
        {
            throw ScoringWorkFolder.Exists(output);
        }

        var format = TableFormats.OfContent(input);
        if (format != TableFormat.Parquet && target == TableFormat.Parquet)
        {
            throw new FileScoringException(output, $"Expected an Arrow output for the Arrow file '{input}', but found '{output}'; a Parquet output needs a Parquet input.");
        }

        using var folder = ScoringWorkFolder.Open(_disk, output);
        try
        {
            var begun = FindJob(folder, input, output, options);
            return File.Exists(output)
                ? AlreadyDone(folder, begun, output)
                : await ScoreAsync(folder, begun, new Route(input, format, output, target), options, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (cancellationToken.IsCancellationRequested)
        {
            folder.DeleteIfEmpty();
            throw CallCancellation.Explain($"model '{name}'", e, cancellationToken, CallStage.Run);
        }
        catch
        {
            // What has no part is not worth going on with, and must not stand in the way of another attempt.
            folder.DeleteIfEmpty();
            throw;
        }
    }

    private async Task<FileScoringResult> ScoreAsync(
        ScoringWorkFolder folder, ScoringJob? begun, Route route, FileScoringOptions options, IProgress<FileScoringProgress>? progress, CancellationToken cancellationToken)
    {
        var (input, format, output, target) = route;

        var pinned = await pin(begun?.ModelVersion, options.Scoring.MaxDegreeOfParallelism, cancellationToken).ConfigureAwait(false);
        await using var unpinning = pinned.ConfigureAwait(false);
        RequireSameModel(begun, pinned.Scorer.Version, folder, output);
        folder.DeleteLeftovers();
        var settings = new DuckDbSettings(options.ParquetMemoryLimitBytes, Math.Min(2, Environment.ProcessorCount), Path.Combine(folder.FullName, "spill"))
        {
            Work = "the scoring of a file",
            LimitOption = $"{nameof(FileScoringOptions)}.{nameof(FileScoringOptions.ParquetMemoryLimitBytes)}",
        };
        using var source = await OpenAsync(input, format, settings, cancellationToken).ConfigureAwait(false);
        var plan = Plan(pinned.Scorer.Version, source.Schema, options.Scoring, input, target);
        if (begun is null)
        {
            folder.Begin(Describe(input, options, pinned.Scorer.Version));
        }

        using var file = target == TableFormat.Parquet
            ? (IScoredFile)new ParquetScoredFile(folder, input, [.. plan.Kept.Select(i => source.Schema.FieldsList[i].Name)], plan.Result, settings)
            : new ArrowScoredFile(folder, target, plan.ResultSchema);
        var run = new FileScoringRun(folder, file, source, plan, options, progress);
        var (rows, resumed) = await run.ScoreAsync(pinned.Scorer, input, target == TableFormat.Parquet, cancellationToken).ConfigureAwait(false);

        cancellationToken.ThrowIfCancellationRequested();
        RequireUnchanged(folder.FindJob()!, input);
        folder.PublishOutput(file.Assemble(folder.FindParts().Paths, cancellationToken));
        file.Dispose();
        source.Dispose();
        folder.Delete();
        var manifest = pinned.Scorer.Version.Manifest;
        return new FileScoringResult(output, rows, resumed, manifest.Version, manifest.OnnxSha256);
    }

    private static async Task<ITableSource> OpenAsync(string input, TableFormat format, DuckDbSettings settings, CancellationToken cancellationToken)
        => format == TableFormat.Parquet ? new ParquetTableSource(input, settings) : await ArrowTableSource.OpenAsync(input, format, cancellationToken).ConfigureAwait(false);

    /// <summary>Everything that a schema can tell is looked at before the first row.</summary>
    private static ScoringPlan Plan(ServingVersion version, Schema schema, ScoringOptions options, string input, TableFormat target)
    {
        try
        {
            var plan = version.Tables.PlanFor(schema, options);
            var coded = plan.Kept.Select(i => schema.FieldsList[i]).FirstOrDefault(f => f.DataType is DictionaryType);
            return target == TableFormat.Parquet || coded is null
                ? plan
                : throw new FileScoringException(
                    input,
                    $"Expected columns that an Arrow output can keep, but column '{coded.Name}' of '{input}' is dictionary-encoded; leave it out by {nameof(ScoringOptions)}.{nameof(ScoringOptions.Columns)}, or decode it.");
        }
        catch (ArgumentException e)
        {
            throw FileScoringRun.Misfit(input, e);
        }
    }

    private static FileScoringResult AlreadyDone(ScoringWorkFolder folder, ScoringJob? begun, string output)
    {
        // An earlier run may have been killed between the output and the end of its folder. Any other file of that name is somebody else's.
        var isOurs = folder.IsOutput(new FileInfo(output).Length);
        if (begun is null && isOurs)
        {
            // It was removing the folder already.
            folder.Delete();
        }

        if (begun is null || !isOurs)
        {
            throw ScoringWorkFolder.Exists(output);
        }

        var rows = folder.FindParts().RowCount;
        folder.Delete();
        return new FileScoringResult(output, rows, rows, begun.ModelVersion, begun.OnnxSha256);
    }

    private ScoringJob? FindJob(ScoringWorkFolder folder, string input, string output, FileScoringOptions options)
    {
        if (folder.FindJob() is not { } begun)
        {
            return null;
        }

        var wanted = Describe(input, options, null) with { ModelVersion = begun.ModelVersion, OnnxSha256 = begun.OnnxSha256, NullRulesSha256 = begun.NullRulesSha256 };
        return begun.FindDifference(wanted) is { } difference
            ? throw new FileScoringException(
                output, $"Expected to go on with the output '{output}', but it was begun from {difference}. Delete the folder '{folder.FullName}' to begin anew.")
            : begun;
    }

    private ScoringJob Describe(string input, FileScoringOptions options, ServingVersion? version)
    {
        var file = new FileInfo(input);
        return new ScoringJob
        {
            Input = input,
            InputByteCount = file.Length,
            InputModifiedAt = new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero),
            Model = name,
            ModelVersion = version?.Manifest.Version ?? 0,
            OnnxSha256 = version?.Manifest.OnnxSha256 ?? string.Empty,
            NullRulesSha256 = version?.Nulls.Sha256 ?? string.Empty,
            Columns = options.Scoring.Columns,
            Probabilities = options.Scoring.Probabilities.ToString(),
            IncludeLabel = options.Scoring.IncludeLabel,
        };
    }

    /// <summary>A version number says which model it is within one registry only; the hash says it everywhere. What stands for null is up to the application's options, and changes answers too.</summary>
    private static void RequireSameModel(ScoringJob? begun, ServingVersion version, ScoringWorkFolder folder, string output)
    {
        var found = version.Manifest;
        if (begun is not null && (begun.ModelVersion, begun.OnnxSha256) != (found.Version, found.OnnxSha256))
        {
            throw new FileScoringException(
                output,
                FormattableString.Invariant(
                    $"Expected to go on with the output '{output}', but it was begun with version {begun.ModelVersion} of model '{found.Name}' with SHA-256 {begun.OnnxSha256}, and found version {found.Version} with {found.OnnxSha256}. Delete the folder '{folder.FullName}' to begin anew."));
        }

        if (begun is not null && begun.NullRulesSha256 != version.Nulls.Sha256)
        {
            throw new FileScoringException(
                output,
                $"Expected to go on with the output '{output}', but it was begun when {nameof(ModelOptions)}.{nameof(ModelOptionsExtensions.OnNull)} said otherwise what stands for null (model '{found.Name}'). Delete the folder '{folder.FullName}' to begin anew.");
        }
    }

    private static void RequireUnchanged(ScoringJob job, string input)
    {
        var file = new FileInfo(input);
        if (!file.Exists || file.Length != job.InputByteCount || file.LastWriteTimeUtc != job.InputModifiedAt.UtcDateTime)
        {
            throw new FileScoringException(input, $"Expected '{input}' to stay as it is while it is scored, but it has changed.");
        }
    }

    /// <summary>From where to where.</summary>
    private sealed record Route(string Input, TableFormat Format, string Output, TableFormat Target);
}
