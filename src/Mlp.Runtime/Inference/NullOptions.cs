namespace Mlp.Runtime.Inference;

/// <summary>What a model does with features that have no value, at every entry point: by entity, by rows, by span, by table.</summary>
public sealed class NullOptions
{
    /// <summary>The policy of features that <see cref="Features"/> does not name: <see cref="NullPolicy.Automatic"/>, <see cref="NullPolicy.Error"/> or, for their floats, <see cref="NullPolicy.NaN"/>.</summary>
    /// <value>The default value is <see cref="NullPolicy.Automatic"/>.</value>
    public NullPolicy Policy { get; set; }

    /// <summary>Policies by feature name.</summary>
    public Dictionary<string, FeatureNullOptions> Features { get; } = new(StringComparer.Ordinal);
}
