using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Spark.Commands;

namespace Mlp.Spark.Scoring;

/// <summary>The null policies of options as those of a command.</summary>
internal static class ScoreNulls
{
    private const string Where = $"{nameof(SparkScoreOptions)}.{nameof(SparkScoreOptions.Nulls)}";

    /// <summary>The policies.</summary>
    /// <param name="options">The options.</param>
    public static NullHandling Of(SparkScoreOptions options) => new()
    {
        Policy = options.PropagateNulls ? NullPolicyName.Propagate : NameOf(options.Nulls?.Policy ?? NullPolicy.Automatic),
        Features = options.Nulls is { } nulls ? Settings(nulls).Features.ToDictionary(f => f.Key, f => new FeatureNullHandling(NameOf(f.Value.Policy), f.Value.Value), StringComparer.Ordinal) : [],
    };

    /// <summary>Refuses policies that contradict each other or do not fit the model.</summary>
    /// <param name="options">The options.</param>
    /// <param name="manifest">The version.</param>
    /// <param name="features">Its features.</param>
    /// <exception cref="ArgumentException">A policy does not fit.</exception>
    public static void Require(SparkScoreOptions options, ModelManifest manifest, InputPlan features)
    {
        if (options.Nulls is not { } nulls)
        {
            return;
        }

        if (nulls.Policy == NullPolicy.Value)
        {
            throw Misfit("a policy for all features", $"{NullPolicy.Value}, which belongs to one", manifest);
        }

        if (options.PropagateNulls && nulls.Policy != NullPolicy.Automatic)
        {
            throw Misfit($"no policy for all features beside {nameof(SparkScoreOptions.PropagateNulls)}", $"{nulls.Policy}", manifest);
        }

        var settings = Settings(nulls);
        foreach (var (feature, (policy, value)) in settings.Features)
        {
            if ((policy == NullPolicy.Value) != (value is not null))
            {
                throw Misfit($"a value for feature '{feature}' with policy {NullPolicy.Value} and with no other", value is null ? "none" : $"'{value}' with {policy}", manifest);
            }
        }

        try
        {
            NullRules.Create(manifest, features, settings);
        }
        catch (InvalidModelException e)
        {
            throw new ArgumentException(e.Message, e);
        }
    }

    private static NullSettings Settings(NullOptions nulls) => NullSettings.From(nulls, Where);

    private static ArgumentException Misfit(string expected, string found, ModelManifest manifest) => new($"Expected {expected} in {Where}, but found {found} ({manifest.Where}).");

    private static NullPolicyName NameOf(NullPolicy policy) => policy switch
    {
        NullPolicy.Error => NullPolicyName.Error,
        NullPolicy.NaN => NullPolicyName.NaN,
        NullPolicy.Value => NullPolicyName.Value,
        _ => NullPolicyName.Automatic,
    };
}
