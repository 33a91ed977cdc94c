using System.Text.Json.Serialization;

namespace Mlp.Monitoring.Reports;

/// <summary>Rows by true and predicted class. Immutable.</summary>
/// <param name="Classes">Names of the classes.</param>
/// <param name="Counts">Shape (true class, predicted class), row-major; of rows with sampling weights the sums of these.</param>
/// <param name="Threshold">The score from which the second class is predicted; null for several classes.</param>
[JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
public sealed record ReportConfusion(IReadOnlyList<string> Classes, IReadOnlyList<double> Counts, double? Threshold);
