namespace Mlp.Runtime.Inference;

/// <summary>The null policies of a model as its options say them. Immutable.</summary>
/// <param name="Policy">The policy of features that are not named.</param>
/// <param name="Features">Policy and value by feature name.</param>
internal sealed record NullSettings(NullPolicy Policy, IReadOnlyDictionary<string, (NullPolicy Policy, string? Value)> Features)
{
    /// <summary>Where they are in the configuration.</summary>
    public string Path { get; private init; } = nameof(ModelOptions.Nulls);

    /// <summary>Nothing was said.</summary>
    public static readonly NullSettings Default = new(NullPolicy.Automatic, new Dictionary<string, (NullPolicy, string?)>());

    /// <summary>Copies options. A value without a policy means <see cref="NullPolicy.Value"/>.</summary>
    /// <param name="options">The options.</param>
    /// <param name="path">Where they are in the configuration.</param>
    public static NullSettings From(NullOptions options, string path)
        => new(
            options.Policy,
            options.Features.ToDictionary(
                f => f.Key,
                f => (f.Value.Policy == NullPolicy.Automatic && f.Value.Value is not null ? NullPolicy.Value : f.Value.Policy, f.Value.Value),
                StringComparer.Ordinal))
        {
            Path = path,
        };
}
