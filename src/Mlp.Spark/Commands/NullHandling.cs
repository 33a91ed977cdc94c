using System.Collections.ObjectModel;

namespace Mlp.Spark.Commands;

/// <summary>What happens where a feature has no value: null, or a vector of a wrong length. Immutable.</summary>
internal sealed record NullHandling
{
    /// <summary>The policy of features that <see cref="Features"/> does not name; not <see cref="NullPolicyName.Value"/>.</summary>
    public NullPolicyName Policy { get; init; }

    /// <summary>Policies by feature; not <see cref="NullPolicyName.Propagate"/>, which concerns whole rows.</summary>
    public IReadOnlyDictionary<string, FeatureNullHandling> Features
    {
        get;
        init => field = value ?? ReadOnlyDictionary<string, FeatureNullHandling>.Empty;
    }
    = ReadOnlyDictionary<string, FeatureNullHandling>.Empty;
}
