using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Joins;
using Mlp.Runtime;
using Mlp.Runtime.Storage;

namespace Mlp.Features.OnDemand;

/// <summary>
/// Up to 16 requests of the first batch with the features they gave, kept beside the definition of an on-demand view. Code has no fingerprint, so these rows stand for it:
/// they are computed again at every start, before a training set is made, and before a model that reads the view is published or comes into service; code that gives other bits under the same version is refused.
/// Thread-safe.
/// </summary>
internal sealed class OnDemandGoldenRows(DefinitionStore definitions, IDiskSync disk)
{
    public const int MaximumRows = 16;

    private readonly ConcurrentDictionary<string, bool> _checked = new(StringComparer.Ordinal);

    /// <summary>Keeps rows of a batch, spread evenly over it, unless rows are kept already.</summary>
    public void Keep(OnDemandFeatureViewDefinition view, IReadOnlyList<IArrowArray> requests, IReadOnlyList<InputColumn> inputs, IReadOnlyList<IArrowArray> features, int rowCount)
    {
        var path = PathOf(view);
        if (rowCount == 0 || File.Exists(path))
        {
            return;
        }

        var rows = Enumerable.Range(0, Math.Min(MaximumRows, rowCount)).Select(i => (int)((long)i * rowCount / Math.Min(MaximumRows, rowCount))).ToArray();
        var document = new GoldenRowsDocument
        {
            Fingerprint = view.Fingerprint,
            FormatVersion = inputs.Count > 0 ? GoldenRowsDocument.InputsFormatVersion : VersionedJson.FirstVersion,
            RowCount = rows.Length,
            Requests = Cells(requests),
            Inputs = inputs.Count > 0 ? Cells(inputs.Select(input => input.Values)) : null,
            InputStatuses = inputs.Count > 0 ? [.. inputs.Select(input => rows.Select(row => input.Statuses.GetValue(row)!.Value).ToArray())] : null,
            Features = Cells(features),
        };
        DurableFile.CreateDirectories(disk, definitions.FolderOf(view.Name));
        if (DurableFile.WriteExclusive(disk, path, JsonSerializer.SerializeToUtf8Bytes(document, GoldenRowsJson.Default.GoldenRowsDocument)))
        {
            _checked[path] = true;
        }

        IReadOnlyList<IReadOnlyList<string?>> Cells(IEnumerable<IArrowArray> columns) => [.. columns.Select(column => rows.Select(row => GoldenCell.Format(column, row)).ToArray())];
    }

    /// <summary>Path of the kept rows of a view; null where none are kept yet.</summary>
    public string? Find(OnDemandFeatureViewDefinition view) => PathOf(view) is var path && File.Exists(path) ? path : null;

    /// <summary>Computes the kept rows of the on-demand views of a service again, unless this process has done it since there are any: another process may have kept them after the start.</summary>
    /// <exception cref="FeatureDefinitionException">A method gives other features than it did, or fails.</exception>
    /// <exception cref="CorruptFileException">The kept rows cannot be read.</exception>
    public void Check(FeatureServiceDefinition service)
    {
        foreach (var view in service.Views)
        {
            if (view.OnDemand is { } computed && !_checked.ContainsKey(PathOf(computed)))
            {
                Check(computed.CreateTransform());
            }
        }
    }

    /// <summary>Computes the kept rows again.</summary>
    /// <exception cref="FeatureDefinitionException">The method gives other features than it did, or fails.</exception>
    /// <exception cref="CorruptFileException">The kept rows cannot be read.</exception>
    public void Check(OnDemandTransform transform)
    {
        var path = PathOf(transform.Definition);
        if (File.Exists(path))
        {
            Check(transform, path);
            _checked[path] = true;
        }
    }

    /// <summary>Computes the rows of a file again.</summary>
    /// <param name="transform">The view.</param>
    /// <param name="path">Path of the file, which exists.</param>
    /// <exception cref="FeatureDefinitionException">The method gives other features than it did, or fails.</exception>
    /// <exception cref="CorruptFileException">The kept rows cannot be read.</exception>
    public static void Check(OnDemandTransform transform, string path)
    {
        var view = transform.Definition;
        var (document, requests, inputs) = Read(path, view);
        var computed = Compute(transform, requests, inputs, document.RowCount, path);
        for (var field = 0; field < view.Fields.Count; field++)
        {
            for (var row = 0; row < document.RowCount; row++)
            {
                if (GoldenCell.Format(computed[field], row) != document.Features[field][row])
                {
                    throw new FeatureDefinitionException(view.Name, string.Create(
                        CultureInfo.InvariantCulture,
                        $"Expected the {view} to compute what it computed before, but feature '{view.Fields[field].Name}' of golden row {row} in '{path}' differs. Raise its version when its method changes."));
                }
            }
        }
    }

    private static IReadOnlyList<IArrowArray> Compute(OnDemandTransform transform, IReadOnlyList<IArrowArray> requests, IReadOnlyList<InputColumn> inputs, int rowCount, string path)
    {
        try
        {
            return transform.Compute(requests, inputs, rowCount);
        }
        catch (Exception e) when (e is OnDemandTransformException or SpineException)
        {
            throw new FeatureDefinitionException(
                transform.Definition.Name, $"Expected the {transform.Definition} to compute what it computed before, but it fails on its golden rows in '{path}'. Raise its version when its method changes.", e);
        }
    }

    private static (GoldenRowsDocument Document, IReadOnlyList<IArrowArray> Requests, IReadOnlyList<InputColumn> Inputs) Read(string path, OnDemandFeatureViewDefinition view)
    {
        try
        {
            var document = VersionedJson.Read(File.ReadAllBytes(path), path, GoldenRowsDocument.FormatValue, GoldenRowsDocument.CurrentFormatVersion, GoldenRowsJson.Default.GoldenRowsDocument);
            if (document.Fingerprint != view.Fingerprint || document.Requests.Count != view.RequestFields.Count || document.Features.Count != view.Fields.Count
                || (document.Inputs ?? []).Count != view.InputFields.Count || (document.InputStatuses ?? []).Count != view.InputFields.Count
                || (document.InputStatuses ?? []).Any(c => c is null || c.Count != document.RowCount) || document.Requests.Concat(document.Inputs ?? []).Concat(document.Features).Any(c => c is null || c.Count != document.RowCount))
            {
                throw new CorruptFileException(path, $"Expected golden rows of the {view} in '{path}', but found rows of another definition.");
            }

            var inputs = view.InputFields.Select((field, i) => new InputColumn(GoldenCell.Parse(document.Inputs![i], field), new UInt8Array.Builder().AppendRange(document.InputStatuses![i]).Build()));
            return (document, [.. document.Requests.Zip(view.RequestFields, (cells, field) => GoldenCell.Parse(cells, field))], [.. inputs]);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new CorruptFileException(path, $"Expected golden rows of the {view} in '{path}', but they cannot be read: {e.Message}", innerException: e);
        }
    }

    private string PathOf(OnDemandFeatureViewDefinition view)
        => Path.Combine(definitions.FolderOf(view.Name), string.Create(CultureInfo.InvariantCulture, $"v{view.Version}.golden.json"));
}
