using Mlp.Runtime.Predictions;

namespace Mlp.Monitoring.Sampling;

/// <summary>
/// Tells labels whose prediction sampling may have left out, by the settings of this process, from those whose prediction is lost: the draw of a request is known from its id. Immutable.
/// </summary>
/// <param name="configurations">Settings by model; <see cref="Hosting.MonitoringOptions.AllModels"/> for those that are not named.</param>
internal sealed class LeftOutDraw(IReadOnlyDictionary<string, SamplingConfiguration> configurations)
{
    private readonly ulong? _limit = configurations.Values.Where(c => c.Rate < 1).Select(c => (ulong?)LimitOf(c)).Min();

    /// <summary>Whether sampling may have left out the predictions of a request; of several models the one that keeps least decides, since the id names none.</summary>
    public bool MayHaveLeftOut(in PredictionId requestId) => _limit is { } limit && PredictionSampler.DrawOf(requestId) >= limit;

    /// <summary>Whether predictions of a model are sampled.</summary>
    public bool IsSampled(string model)
        => (configurations.GetValueOrDefault(model) ?? configurations.GetValueOrDefault(Hosting.MonitoringOptions.AllModels)) is { Rate: < 1 };

    private static ulong LimitOf(SamplingConfiguration configuration) => configuration.Unit == SamplingUnit.Entity ? 0 : PredictionSampler.LimitOf(configuration.Rate);
}
