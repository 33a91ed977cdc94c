using System.Numerics.Tensors;

namespace Mlp.Runtime.Statistics;

/// <summary>
/// Linear and logistic regression with a quadratic penalty on all coefficients but the intercept, by Newton steps whose linear systems are solved by conjugate gradients: the matrix of second derivatives is never
/// built, so that many columns cost no more than they are. Deterministic.
/// </summary>
/// <remarks>Coefficients have the intercept last. Columns of about one scale converge in a few dozen passes.</remarks>
internal static class RidgeSolver
{
    private const int MaximumSteps = 50;
    private const int MaximumPasses = 500;
    private const double Tolerance = 1e-10;

    /// <summary>Minimises ½·Σ (y − f)² + λ/2·|w|² (Hoerl and Kennard, "Ridge Regression", 1970).</summary>
    /// <param name="rows">Shape (rows, columns), row-major, finite.</param>
    /// <param name="columnCount">Columns.</param>
    /// <param name="targets">Shape (rows).</param>
    /// <param name="penalty">λ, at least 0.</param>
    internal static double[] Linear(ReadOnlyMemory<double> rows, int columnCount, double[] targets, double penalty)
    {
        var weights = new double[targets.Length];
        weights.AsSpan().Fill(1);
        return Solve(rows.Span, columnCount, weights, Gradient(rows.Span, columnCount, targets, new double[columnCount + 1], penalty), penalty);
    }

    /// <summary>Minimises Σ log(1 + e^f) − y·f + λ/2·|w|².</summary>
    /// <param name="rows">Shape (rows, columns), row-major, finite.</param>
    /// <param name="columnCount">Columns.</param>
    /// <param name="targets">Shape (rows): 0 or 1.</param>
    /// <param name="penalty">λ, above 0: without it columns that separate the rows have no minimum.</param>
    internal static double[] Logistic(ReadOnlyMemory<double> rows, int columnCount, double[] targets, double penalty)
    {
        var coefficients = new double[columnCount + 1];
        var scores = new double[targets.Length];
        var residuals = new double[targets.Length];
        var weights = new double[targets.Length];
        var loss = Loss(scores, targets, coefficients, penalty);
        for (var step = 0; step < MaximumSteps; step++)
        {
            for (var i = 0; i < scores.Length; i++)
            {
                var probability = 1 / (1 + Math.Exp(-scores[i]));
                residuals[i] = targets[i] - probability;
                weights[i] = Math.Max(probability * (1 - probability), 1e-12);
            }

            var gradient = Gradient(rows.Span, columnCount, residuals, coefficients, penalty);
            var direction = Solve(rows.Span, columnCount, weights, gradient, penalty);
            var size = 1.0;
            double next;
            double[] candidate;
            do
            {
                candidate = [.. coefficients.Zip(direction, (c, d) => c + (size * d))];
                Score(rows.Span, candidate, scores);
                next = Loss(scores, targets, candidate, penalty);
                size /= 2;
            }
            while (next > loss && size > 1e-6);

            if (!(next < loss))
            {
                break;
            }

            coefficients = candidate;
            var gain = loss - next;
            loss = next;
            if (gain <= Tolerance * Tolerance * Math.Abs(loss))
            {
                break;
            }
        }

        return coefficients;
    }

    /// <summary>f = w·x + b of each row.</summary>
    /// <param name="rows">Shape (rows, columns), row-major.</param>
    /// <param name="coefficients">Shape (columns + 1), the intercept last.</param>
    /// <param name="scores">Shape (rows).</param>
    internal static void Score(ReadOnlySpan<double> rows, ReadOnlySpan<double> coefficients, Span<double> scores)
    {
        var columnCount = coefficients.Length - 1;
        for (var i = 0; i < scores.Length; i++)
        {
            scores[i] = TensorPrimitives.Dot(rows.Slice(i * columnCount, columnCount), coefficients[..columnCount]) + coefficients[^1];
        }
    }

    private static double Loss(ReadOnlySpan<double> scores, ReadOnlySpan<double> targets, ReadOnlySpan<double> coefficients, double penalty)
    {
        var sum = penalty / 2 * TensorPrimitives.SumOfSquares(coefficients[..^1]);
        for (var i = 0; i < scores.Length; i++)
        {
            sum += (scores[i] > 0 ? scores[i] + Math.Log(1 + Math.Exp(-scores[i])) : Math.Log(1 + Math.Exp(scores[i]))) - (targets[i] * scores[i]);
        }

        return sum;
    }

    // Downhill: Xᵀ·residuals − λ·w.
    private static double[] Gradient(ReadOnlySpan<double> rows, int columnCount, ReadOnlySpan<double> residuals, ReadOnlySpan<double> coefficients, double penalty)
    {
        var gradient = new double[columnCount + 1];
        for (var i = 0; i < residuals.Length; i++)
        {
            var sums = gradient.AsSpan(0, columnCount);
            TensorPrimitives.MultiplyAdd(rows.Slice(i * columnCount, columnCount), residuals[i], sums, sums);
            gradient[columnCount] += residuals[i];
        }

        for (var j = 0; j < columnCount; j++)
        {
            gradient[j] -= penalty * coefficients[j];
        }

        return gradient;
    }

    // (Xᵀ·W·X + λ·I)·x = right by conjugate gradients (Hestenes and Stiefel, 1952), scaled by the diagonal.
    private static double[] Solve(ReadOnlySpan<double> rows, int columnCount, ReadOnlySpan<double> weights, double[] right, double penalty)
    {
        var diagonal = Diagonal(rows, columnCount, weights, penalty);
        var solution = new double[right.Length];
        double[] residual = [.. right];
        double[] scaled = [.. residual.Zip(diagonal, (r, d) => r / d)];
        double[] direction = [.. scaled];
        var product = TensorPrimitives.Dot<double>(residual, scaled);
        var first = product;
        for (var pass = 0; pass < MaximumPasses && product > first * Tolerance * Tolerance * Tolerance; pass++)
        {
            var image = Multiply(rows, columnCount, weights, direction, penalty);
            var step = product / TensorPrimitives.Dot<double>(direction, image);
            TensorPrimitives.MultiplyAdd(direction, step, solution, solution);
            TensorPrimitives.MultiplyAdd(image, -step, residual, residual);
            TensorPrimitives.Divide(residual, diagonal, scaled);
            var next = TensorPrimitives.Dot<double>(residual, scaled);
            TensorPrimitives.MultiplyAdd(direction, next / product, scaled, direction);
            product = next;
        }

        return solution;
    }

    private static double[] Multiply(ReadOnlySpan<double> rows, int columnCount, ReadOnlySpan<double> weights, ReadOnlySpan<double> direction, double penalty)
    {
        var image = new double[columnCount + 1];
        var sums = image.AsSpan(0, columnCount);
        for (var i = 0; i < weights.Length; i++)
        {
            var row = rows.Slice(i * columnCount, columnCount);
            var factor = weights[i] * (TensorPrimitives.Dot(row, direction[..columnCount]) + direction[columnCount]);
            TensorPrimitives.MultiplyAdd(row, factor, sums, sums);
            image[columnCount] += factor;
        }

        TensorPrimitives.MultiplyAdd(direction[..columnCount], penalty, sums, sums);
        return image;
    }

    private static double[] Diagonal(ReadOnlySpan<double> rows, int columnCount, ReadOnlySpan<double> weights, double penalty)
    {
        var diagonal = new double[columnCount + 1];
        for (var i = 0; i < weights.Length; i++)
        {
            var row = rows.Slice(i * columnCount, columnCount);
            for (var j = 0; j < columnCount; j++)
            {
                diagonal[j] += weights[i] * row[j] * row[j];
            }

            diagonal[columnCount] += weights[i];
        }

        for (var j = 0; j < diagonal.Length; j++)
        {
            diagonal[j] = Math.Max(diagonal[j] + (j < columnCount ? penalty : 0), 1e-12);
        }

        return diagonal;
    }
}
