using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Runtime;
using Mlp.Runtime.Storage;

namespace Mlp.Features.OnDemand;

/// <summary>
/// Keeps the first rows that each version of an on-demand view computed, beside its definition, and computes them again at start: code that changed without a new version
/// would feed a model features that it was not trained on. Thread-safe, and safe beside other processes.
/// </summary>
internal sealed class OnDemandGoldenRows(DefinitionStore definitions, IDiskSync disk)
{
    internal const int RowCount = 16;

    private readonly ConcurrentDictionary<(string Name, int Version), bool> _kept = new();

    /// <summary>Keeps the first rows of a batch, if none are kept yet.</summary>
    internal void Offer(OnDemandFeatureViewDefinition view, IReadOnlyList<IArrowArray> request, IReadOnlyList<IArrowArray> features, int count)
    {
        if (count == 0 || _kept.ContainsKey((view.Name, view.Version)))
        {
            return;
        }

        var path = PathOf(view);
        if (!File.Exists(path))
        {
            var kept = Math.Min(count, RowCount);
            var document = new GoldenRowsDocument
            {
                Name = view.Name,
                Version = view.Version,
                Fingerprint = view.Fingerprint,
                RowCount = kept,
                Request = [.. request.Select(a => GoldenRowsDocument.Encode(a, kept))],
                Features = [.. features.Select(a => GoldenRowsDocument.Encode(a, kept))],
            };
            DurableFile.CreateDirectories(disk, definitions.FolderOf(view.Name));
            DurableFile.WriteExclusive(disk, path, JsonSerializer.SerializeToUtf8Bytes(document, GoldenRowsJson.Default.GoldenRowsDocument));
        }

        _kept.TryAdd((view.Name, view.Version), true);
    }

    /// <summary>Computes the kept rows again.</summary>
    /// <exception cref="OnDemandChangedException">A feature comes out differently.</exception>
    /// <exception cref="CorruptFileException">The kept rows cannot be read.</exception>
    internal void Check(OnDemandFeatureViewDefinition view)
    {
        var path = PathOf(view);
        if (!File.Exists(path))
        {
            return;
        }

        var document = Read(path, view);
        var request = view.RequestFields
            .Select((f, i) => new RequestColumn(Decode(path, document.Request[i], f), f.Type, OnDemandBatch.ErrorFor(view, f.Name, 0)))
            .ToList();
        var features = view.Compute(request, document.RowCount);
        for (var i = 0; i < features.Count; i++)
        {
            if (!GoldenRowsDocument.Encode(features[i], document.RowCount).SequenceEqual(document.Features[i], StringComparer.Ordinal))
            {
                throw new OnDemandChangedException(view.Name, view.Version, view.Fields[i].Name, path);
            }
        }

        _kept.TryAdd((view.Name, view.Version), true);
    }

    private static GoldenRowsDocument Read(string path, OnDemandFeatureViewDefinition view)
    {
        try
        {
            var document = JsonSerializer.Deserialize(File.ReadAllBytes(path), GoldenRowsJson.Default.GoldenRowsDocument);
            if (document is not { Magic: GoldenRowsDocument.MagicValue })
            {
                throw new CorruptFileException(path, $"Expected rows of {view} in '{path}', but found something else.");
            }

            if (document.FormatVersion > GoldenRowsDocument.CurrentFormatVersion)
            {
                throw new UnsupportedFormatVersionException(path, document.FormatVersion, GoldenRowsDocument.CurrentFormatVersion);
            }

            return document.Fingerprint == view.Fingerprint && document.Request.Count == view.RequestFields.Count && document.Features.Count == view.Fields.Count
                ? document
                : throw new CorruptFileException(path, $"Expected rows of {view} with fingerprint {view.Fingerprint[..8]} in '{path}', but they belong to another definition.");
        }
        catch (JsonException e)
        {
            throw new CorruptFileException(path, $"Expected rows of {view} as JSON in '{path}', but they cannot be read: {e.Message}", innerException: e);
        }
    }

    private static IArrowArray Decode(string path, IReadOnlyList<string?> cells, FeatureField field)
    {
        try
        {
            return GoldenRowsDocument.Decode(cells, field.Type);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new CorruptFileException(path, $"Expected values of type {field.Type} for field '{field.Name}' in '{path}', but found others.", innerException: e);
        }
    }

    private string PathOf(OnDemandFeatureViewDefinition view)
        => Path.Combine(definitions.FolderOf(view.Name), string.Create(CultureInfo.InvariantCulture, $"v{view.Version}.golden.json"));
}
