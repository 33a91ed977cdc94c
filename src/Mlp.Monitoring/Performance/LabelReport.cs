using Mlp.Monitoring.Figures;

namespace Mlp.Monitoring.Performance;

/// <summary>Which recorded labels no evaluation can use. Immutable.</summary>
/// <param name="LabelCount">Labels recorded, corrections included, of the names by which logged models are judged.</param>
/// <param name="UnknownCount">
/// Labels that count and name an answer which no log holds: it was never logged, was dropped, or the id is wrong; those of <see cref="SampledOutCount"/> are not among them. One that was recorded before its prediction reached the disk is known as soon as that has.
/// </param>
/// <param name="WrongLabelCounts">By model and version: labels that the model's task cannot have.</param>
/// <param name="Findings">A finding of kind <see cref="FindingKind.DataQuality"/> for each of these that is not 0, with its sentence.</param>
public sealed record LabelReport(
    long LabelCount, long UnknownCount, IReadOnlyDictionary<(string Model, int Version), long> WrongLabelCounts, IReadOnlyList<Finding> Findings)
{
    /// <summary>
    /// Labels that count and name an answer which no log holds, and which sampling, as it is set in this process, may have left out: its draw is known from the id. An id names no model, so of several models the one that keeps the least share decides; where
    /// entities are drawn, sampling may have left out any. Those of entities of a model that is sampled are among them too.
    /// </summary>
    public long SampledOutCount { get; init; }

    /// <summary>
    /// By model: labels that count and name an entity at a time that no logged answer of the model is about: the key or the event time is another, or nothing about it was logged. Only models with such
    /// labels are in it.
    /// </summary>
    public IReadOnlyDictionary<string, long> UnknownEntityCounts { get; init; } = new Dictionary<string, long>();
}
