using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Data;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>Reads prediction logs, sealed segments and the valid part of open ones. Thread-safe; needs no lock on the data directory.</summary>
/// <param name="root">Folder that holds one folder per model.</param>
internal sealed class PredictionLogReader(string root)
{
    /// <summary>The segments of a model in the order in which they were begun.</summary>
    public IReadOnlyList<string> ListSegments(string model) => SegmentFormat.List(DirectoryOf(root, model));

    /// <summary>The header of the segment of a model that was begun last, or null where there is none.</summary>
    public SegmentHeader? FindHeader(string model)
    {
        if (ListSegments(model) is not [.., var last])
        {
            return null;
        }

        using var frames = FrameLogReader.Open(last);
        return SegmentHeader.Read(frames);
    }

    /// <summary>Refuses a model that nobody can mean: neither declared nor ever logged.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="declared">Names of the models that the application has declared.</param>
    /// <exception cref="ModelNotFoundException">There is no such model.</exception>
    public void RequireKnown(string model, IReadOnlyCollection<string> declared)
    {
        if (!Directory.Exists(DirectoryOf(root, model)) && !declared.Contains(model, StringComparer.Ordinal))
        {
            var known = declared.Count == 0 ? "none" : string.Join(", ", declared.Select(d => $"'{d}'"));
            throw new ModelNotFoundException(model, "any version", $"Expected logged predictions of model '{model}' in '{root}', but found none; declared are: {known}.");
        }
    }

    /// <summary>Reads the predictions of a model.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="from">First request time, microseconds, inclusive.</param>
    /// <param name="to">Last request time, microseconds, exclusive.</param>
    /// <param name="version">One version only, or null for all.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Batches; disposing them is not needed. Those of one version have one schema.</returns>
    public async IAsyncEnumerable<RecordBatch> ReadAsync(
        string model, long from = long.MinValue, long to = long.MaxValue, int? version = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var path in ListSegments(model))
        {
            using var frames = FrameLogReader.Open(path);
            var header = SegmentHeader.Read(frames);
            if (version is not null && header.Version != version)
            {
                continue;
            }

            using var stream = new FrameStream(frames);
            using var arrow = new ArrowStreamReader(stream, ManagedAllocator.Instance, leaveOpen: true);
            while (await ReadBatchAsync(arrow, stream, cancellationToken).ConfigureAwait(false) is { } batch)
            {
                foreach (var part in TimeRange.Cut(batch, from, to))
                {
                    yield return part;
                }
            }
        }
    }

    /// <summary>Folder of a model's log.</summary>
    /// <exception cref="ArgumentException">The name cannot be that of a model.</exception>
    public static string DirectoryOf(string root, string model)
    {
        PlatformName.Require(model, "model", nameof(model));
        return Path.Combine(root, model);
    }

    private static async ValueTask<RecordBatch?> ReadBatchAsync(ArrowStreamReader arrow, FrameStream stream, CancellationToken cancellationToken)
        => stream.IsAtEnd ? null : await arrow.ReadNextRecordBatchAsync(cancellationToken).ConfigureAwait(false);
}
