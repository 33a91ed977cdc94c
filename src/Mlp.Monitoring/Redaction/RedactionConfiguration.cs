using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;

namespace Mlp.Monitoring.Redaction;

/// <summary>The validated redaction of a model: what the running code sees.</summary>
/// <param name="Columns">By name of a feature or of a part of the key.</param>
/// <param name="Key">What is hashed with; null where nothing is.</param>
internal sealed record RedactionConfiguration(IReadOnlyDictionary<string, ColumnRedaction> Columns, RedactionKey? Key)
{
    /// <summary>By name of a tag; <see cref="RedactionOptions.AllTags"/> stands for those that are not named.</summary>
    public IReadOnlyDictionary<string, ColumnRedaction> Tags { get; init; } = new Dictionary<string, ColumnRedaction>();

    public static RedactionConfiguration From(RedactionOptions options)
    {
        var columns = new Dictionary<string, ColumnRedaction>(StringComparer.Ordinal);
        foreach (var name in options.Erased)
        {
            columns.Add(name, new(RedactionKind.Erase));
        }

        foreach (var name in options.Hashed)
        {
            columns.Add(name, new(RedactionKind.Hash));
        }

        foreach (var (name, width) in options.BucketWidths)
        {
            columns.Add(name, new(RedactionKind.Bucket, width));
        }

        var tags = options.ErasedTags.Select(name => (name, RedactionKind.Erase)).Concat(options.HashedTags.Select(name => (name, RedactionKind.Hash)));
        return new(columns, options.HasHashes ? new RedactionKey(Convert.FromBase64String(options.HashKey!)) : null)
        {
            Tags = tags.ToDictionary(tag => tag.name, tag => new ColumnRedaction(tag.Item2), StringComparer.Ordinal),
        };
    }

    /// <summary>What of a version cannot be redacted as it shall be, as a sentence; null when all can.</summary>
    /// <param name="model">The version.</param>
    public string? FindProblem(ServedModel model)
    {
        var features = model.Layout.Columns
            .Where(c => Columns.TryGetValue(c.Name, out var redaction) && !CanRedact(redaction, c.Type == FeatureType.String, c.Type == FeatureType.Int64, IsReal(c)))
            .Select(c => $"feature '{c.Name}' of type {c.Type}{(c.IsVector ? FormattableString.Invariant($"[{c.Length}]") : string.Empty)}");
        var keys = model.Keys
            .Where(k => Columns.TryGetValue(k.Name, out var redaction) && !CanRedact(redaction, k.Kind != EntityValueKind.Int64, k.Kind == EntityValueKind.Int64, isReal: false))
            .Select(k => $"key '{k.Name}' of kind {k.Kind}");
        return features.Concat(keys).FirstOrDefault() is { } column
            ? $"Expected to hash a text, an integer or a GUID, and to bucket a number by a width that is whole for an integer, but found {column} (model '{model.Manifest.Name}' version {model.Manifest.Version}); its predictions are not logged."
            : null;
    }

    /// <summary>Names that a version has neither among its features nor among its keys.</summary>
    /// <param name="model">The version.</param>
    public IEnumerable<string> FindUnknown(ServedModel model)
        => Columns.Keys.Where(name => model.Layout.IndexOf(name) < 0 && model.Keys.All(k => k.Name != name)).Order(StringComparer.Ordinal);

    private static bool IsReal(FeatureColumn column) => column is { Type: FeatureType.Float32 or FeatureType.Float64, IsVector: false };

    private static bool CanRedact(ColumnRedaction redaction, bool isText, bool isInteger, bool isReal) => redaction.Kind switch
    {
        RedactionKind.Erase => true,
        RedactionKind.Hash => isText || isInteger,
        _ => isReal || (isInteger && redaction.Width >= 1 && redaction.Width < long.MaxValue && Math.Floor(redaction.Width) == redaction.Width),
    };
}
