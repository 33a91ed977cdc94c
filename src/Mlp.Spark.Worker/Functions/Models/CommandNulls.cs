using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Spark.Commands;

namespace Mlp.Spark.Worker.Functions.Models;

/// <summary>The null policies of a command as those of a model.</summary>
internal static class CommandNulls
{
    /// <summary>The policies.</summary>
    /// <param name="nulls">What the command says.</param>
    /// <param name="features">The features of the model.</param>
    public static NullSettings For(NullHandling nulls, IEnumerable<FeatureColumn> features)
    {
        var named = nulls.Features.ToDictionary(f => f.Key, f => (PolicyOf(f.Value.Policy), f.Value.Value), StringComparer.Ordinal);
        if (nulls.Policy == NullPolicyName.Propagate)
        {
            // The model computes with something, and the answer does not count.
            foreach (var feature in features)
            {
                named.TryAdd(feature.Name, Placeholder(feature.Type));
            }
        }

        return new NullSettings(PolicyOf(nulls.Policy), named);
    }

    /// <summary>Whether the answers of a row are null where a feature is.</summary>
    /// <param name="nulls">What the command says.</param>
    /// <param name="feature">Name of the feature.</param>
    public static bool Propagates(NullHandling nulls, string feature) => nulls.Policy == NullPolicyName.Propagate && !nulls.Features.ContainsKey(feature);

    /// <summary>Whether the command makes a null an error.</summary>
    /// <param name="nulls">What the command says.</param>
    /// <param name="feature">Name of the feature.</param>
    public static bool Refuses(NullHandling nulls, string feature) => (nulls.Features.GetValueOrDefault(feature)?.Policy ?? nulls.Policy) is NullPolicyName.Error;

    /// <summary>Whether a vector of a wrong length counts as null. Where a null is an error, the length is what the error names.</summary>
    /// <param name="nulls">What the command says.</param>
    /// <param name="feature">Name of the feature.</param>
    public static bool TakesWrongLengths(NullHandling nulls, string feature) => !Refuses(nulls, feature);

    private static (NullPolicy Policy, string? Value) Placeholder(FeatureType type) => type switch
    {
        FeatureType.Float32 or FeatureType.Float64 => (NullPolicy.NaN, null),
        FeatureType.Int64 => (NullPolicy.Value, "0"),
        FeatureType.Boolean => (NullPolicy.Value, "false"),
        _ => (NullPolicy.Value, string.Empty),
    };

    private static NullPolicy PolicyOf(NullPolicyName policy) => policy switch
    {
        NullPolicyName.Error => NullPolicy.Error,
        NullPolicyName.NaN => NullPolicy.NaN,
        NullPolicyName.Value => NullPolicy.Value,
        _ => NullPolicy.Automatic,
    };
}
