namespace Mlp.Training.Evaluation.Calibration;

/// <summary>
/// The minimum of a smooth convex function of few variables by Newton's method with halved steps (Boyd and Vandenberghe, "Convex Optimization", 2004, algorithm 9.5). The same function gives the same bits.
/// </summary>
internal static class ConvexMinimum
{
    private const int MaximumSteps = 100;
    private const double Decrement = 1e-16;

    /// <summary>Finds it.</summary>
    /// <param name="start">Where to begin; replaced by the minimum.</param>
    /// <param name="evaluate">The value at a point; it fills the gradient, and the lower triangle of the second derivatives, shape (n, n), row-major.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public static void Find(double[] start, Func<double[], double[], double[], double> evaluate, CancellationToken cancellationToken)
    {
        var n = start.Length;
        var (gradient, curvature, factor) = (new double[n], new double[n * n], new double[n * n]);
        var (step, next) = (new double[n], new double[n]);
        var value = evaluate(start, gradient, curvature);
        for (var i = 0; i < MaximumSteps; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Solve(curvature, factor, gradient, step);
            var descent = Dot(gradient, step);
            var length = 1.0;
            double reached;
            do
            {
                for (var j = 0; j < n; j++)
                {
                    next[j] = start[j] - (length * step[j]);
                }

                reached = evaluate(next, gradient, curvature);
                length /= 2;
            }
            while (!(reached <= value - (0.2 * length * descent)) && length > 1e-12);

            if (reached <= value)
            {
                next.CopyTo(start, 0);
                value = reached;
            }

            // Nothing is left to win that the value could show.
            if (descent < Decrement || length <= 1e-12)
            {
                return;
            }
        }
    }

    /// <summary>Solves by Cholesky's factors; where there are none, the diagonal grows until there are.</summary>
    private static void Solve(double[] matrix, double[] factor, double[] right, double[] solution)
    {
        var n = right.Length;
        for (var ridge = 0.0; !TryFactor(matrix, factor, n, ridge); ridge = Math.Max(ridge * 10, 1e-10))
        {
        }

        for (var i = 0; i < n; i++)
        {
            var sum = right[i];
            for (var k = 0; k < i; k++)
            {
                sum -= factor[(i * n) + k] * solution[k];
            }

            solution[i] = sum / factor[(i * n) + i];
        }

        for (var i = n - 1; i >= 0; i--)
        {
            var sum = solution[i];
            for (var k = i + 1; k < n; k++)
            {
                sum -= factor[(k * n) + i] * solution[k];
            }

            solution[i] = sum / factor[(i * n) + i];
        }
    }

    private static bool TryFactor(double[] matrix, double[] factor, int n, double ridge)
    {
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var sum = matrix[(i * n) + j] + (i == j ? ridge : 0);
                for (var k = 0; k < j; k++)
                {
                    sum -= factor[(i * n) + k] * factor[(j * n) + k];
                }

                if (i != j)
                {
                    factor[(i * n) + j] = sum / factor[(j * n) + j];
                }
                else if (sum > 1e-300)
                {
                    factor[(i * n) + i] = Math.Sqrt(sum);
                }
                else
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (var i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }
}
