using System.ComponentModel.DataAnnotations;

namespace Mlp.Monitoring.Redaction;

/// <summary>
/// The personal data among the features, the entity key and the tags of a model, and what is logged in its place. Redaction comes before anything of a prediction is stored, in memory or on disk. The
/// name of a column stands for the feature and for the part of the key that are called so; tags are named apart.
/// </summary>
public sealed class RedactionOptions : IValidatableObject
{
    /// <summary>Stands for the tags that are not named.</summary>
    public const string AllTags = "*";

    /// <summary>Names of what is left out. Of a feature its status is still logged.</summary>
    /// <value>The default value is empty.</value>
    public IList<string> Erased { get; } = [];

    /// <summary>Names of texts, integers and GUIDs in whose place their HMAC-SHA256 is logged, by <see cref="HashKey"/>.</summary>
    /// <value>The default value is empty.</value>
    public IList<string> Hashed { get; } = [];

    /// <summary>Names of numbers that are rounded down to a multiple of a width above 0; that of an integer is a whole number.</summary>
    /// <value>The default value is empty.</value>
    public IDictionary<string, double> BucketWidths { get; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>Names of tags whose value is left out; <see cref="AllTags"/> for those that are not named. That the prediction had such a tag is still logged.</summary>
    /// <value>The default value is empty.</value>
    public IList<string> ErasedTags { get; } = [];

    /// <summary>Names of tags in the place of whose value its HMAC-SHA256 is logged, by <see cref="HashKey"/>; <see cref="AllTags"/> for those that are not named.</summary>
    /// <value>The default value is empty.</value>
    public IList<string> HashedTags { get; } = [];

    /// <summary>The secret for <see cref="Hashed"/> and <see cref="HashedTags"/> in Base64, at least 16 bytes. It is never written anywhere; who loses it can join nothing to what is logged, which is how all of it is forgotten at once.</summary>
    /// <value>The default value is null.</value>
    public string? HashKey { get; set; }

    /// <summary>Whether anything is hashed.</summary>
    internal bool HasHashes => Hashed.Count > 0 || HashedTags.Count > 0;

    /// <summary>Leaves columns out.</summary>
    /// <param name="names">Names of features or parts of the key.</param>
    /// <returns>The options.</returns>
    public RedactionOptions Erase(params string[] names) => Add(Erased, names);

    /// <summary>Logs the HMAC-SHA256 of columns.</summary>
    /// <param name="key">At least 16 bytes, the same for all columns of the model.</param>
    /// <param name="names">Names of features or parts of the key.</param>
    /// <returns>The options.</returns>
    public RedactionOptions Hash(ReadOnlySpan<byte> key, params string[] names)
    {
        HashKey = Convert.ToBase64String(key);
        return Add(Hashed, names);
    }

    /// <summary>Leaves the values of tags out.</summary>
    /// <param name="names">Names of tags, or <see cref="AllTags"/>.</param>
    /// <returns>The options.</returns>
    public RedactionOptions EraseTags(params string[] names) => Add(ErasedTags, names);

    /// <summary>Logs the HMAC-SHA256 of tags.</summary>
    /// <param name="key">At least 16 bytes, the same for all columns and tags of the model.</param>
    /// <param name="names">Names of tags, or <see cref="AllTags"/>.</param>
    /// <returns>The options.</returns>
    public RedactionOptions HashTags(ReadOnlySpan<byte> key, params string[] names)
    {
        HashKey = Convert.ToBase64String(key);
        return Add(HashedTags, names);
    }

    /// <summary>Rounds a number down to a multiple of a width.</summary>
    /// <param name="name">Name of a feature or of a part of the key.</param>
    /// <param name="width">Above 0.</param>
    /// <returns>The options.</returns>
    public RedactionOptions Bucket(string name, double width)
    {
        BucketWidths[name] = width;
        return this;
    }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (name, width) in BucketWidths.Where(b => !double.IsFinite(b.Value) || b.Value <= 0))
        {
            yield return new(FormattableString.Invariant($"{nameof(BucketWidths)}:{name} must be a width above 0, but is {width}."), [nameof(BucketWidths)]);
        }

        foreach (var name in Erased.Concat(Hashed).Concat(BucketWidths.Keys).GroupBy(n => n, StringComparer.Ordinal).Where(g => g.Distinct().Count() < g.Count()).Select(g => g.Key))
        {
            yield return new($"must say of each column once what becomes of it, but says it twice of '{name}'.");
        }

        foreach (var name in ErasedTags.Concat(HashedTags).GroupBy(n => n, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key))
        {
            yield return new($"must say of each tag once what becomes of it, but says it twice of '{name}'.");
        }

        if (HasHashes && FindProblemOfKey() is { } problem)
        {
            yield return new($"{nameof(HashKey)} must be at least {RedactionKey.MinimumLength} bytes in Base64 where columns or tags are hashed, but {problem}.", [nameof(HashKey)]);
        }
    }

    private string? FindProblemOfKey()
    {
        if (string.IsNullOrEmpty(HashKey))
        {
            return "is empty";
        }

        var bytes = new byte[HashKey.Length];
        return !Convert.TryFromBase64String(HashKey, bytes, out var length) ? "is no Base64"
            : length < RedactionKey.MinimumLength ? FormattableString.Invariant($"has {length}")
            : null;
    }

    private RedactionOptions Add(IList<string> list, string[] names)
    {
        foreach (var name in names)
        {
            list.Add(name);
        }

        return this;
    }
}
