using Mlp.Monitoring.Labels.Joins;

namespace Mlp.Monitoring.Estimation;

/// <summary>A row that quality is estimated from.</summary>
/// <param name="Answer">The logged answer with its label.</param>
/// <param name="Features">Its features as numbers; of a regression only.</param>
internal readonly record struct EstimatedRow(JoinedRow Answer, double[] Features);
