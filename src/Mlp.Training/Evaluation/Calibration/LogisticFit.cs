namespace Mlp.Training.Evaluation.Calibration;

/// <summary>
/// Logistic regression of few columns on Platt's targets: (N₁ + 1)/(N₁ + 2) for class 1 and 1/(N₀ + 2) for class 0, which are the chances that Laplace's rule gives and keep the parameters finite where the
/// classes can be set apart (Platt, "Probabilistic Outputs for Support Vector Machines", 1999, section 2.1).
/// </summary>
internal static class LogisticFit
{
    /// <summary>Fits.</summary>
    /// <param name="columns">Shape (columns)(rows).</param>
    /// <param name="rows">Labels and weights.</param>
    /// <param name="cancellationToken">Ends the fit.</param>
    /// <returns>A factor per column, and the offset.</returns>
    public static double[] Run(double[][] columns, CalibrationRows rows, CancellationToken cancellationToken)
    {
        var n = columns.Length + 1;
        var (ofOne, ofZero) = (rows.WeightOf(1), rows.WeightOf(0));
        var (one, zero) = ((ofOne + 1) / (ofOne + 2), 1 / (ofZero + 2));
        var parameters = new double[n];
        parameters[0] = 1;
        var x = new double[n];
        ConvexMinimum.Find(
            parameters,
            (p, gradient, curvature) =>
            {
                Array.Clear(gradient);
                Array.Clear(curvature);
                double loss = 0;
                for (var row = 0; row < rows.Count; row++)
                {
                    double logit = 0;
                    for (var c = 0; c < n; c++)
                    {
                        x[c] = c < columns.Length ? columns[c][row] : 1;
                        logit += p[c] * x[c];
                    }

                    var target = rows.Labels[row] == 1 ? one : zero;
                    var weight = rows.Weights[row] / rows.TotalWeight;
                    var probability = 1 / (1 + Math.Exp(-logit));
                    loss += weight * (LogOdds.Softplus(logit) - (target * logit));
                    Add(gradient, curvature, x, weight * (probability - target), weight * probability * (1 - probability));
                }

                return loss;
            },
            cancellationToken);
        return parameters;
    }

    private static void Add(double[] gradient, double[] curvature, double[] x, double first, double second)
    {
        var n = x.Length;
        for (var i = 0; i < n; i++)
        {
            gradient[i] += first * x[i];
            for (var j = 0; j <= i; j++)
            {
                curvature[(i * n) + j] += second * x[i] * x[j];
            }
        }
    }
}
