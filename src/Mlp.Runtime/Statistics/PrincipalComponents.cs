using System.Numerics.Tensors;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Double;

namespace Mlp.Runtime.Statistics;

/// <summary>
/// The directions in which rows scatter most: as many as hold a share of the variance. Rows that lie elsewhere than those it was fitted on are put together again badly, which shows changes in how columns depend on
/// each other that no column shows alone. Immutable; safe for use by many threads.
/// </summary>
internal sealed class PrincipalComponents
{
    private readonly double[] _mean;
    private readonly double[][] _components;

    private PrincipalComponents(double[] mean, double[][] components) => (_mean, _components) = (mean, components);

    /// <summary>Components that were kept, at least 1.</summary>
    internal int Count => _components.Length;

    /// <summary>Fits by the eigenvectors of the covariance, the fewest whose eigenvalues add up to more than the share (scikit-learn's rule for <c>n_components</c> below 1).</summary>
    /// <param name="rows">Shape (rows, columns), row-major, finite; at least 2 rows.</param>
    /// <param name="columnCount">Columns, at least 1.</param>
    /// <param name="share">Share of the variance, above 0 and below 1.</param>
    internal static PrincipalComponents Fit(ReadOnlySpan<double> rows, int columnCount, double share)
    {
        var rowCount = rows.Length / columnCount;
        var mean = new double[columnCount];
        for (var i = 0; i < rowCount; i++)
        {
            TensorPrimitives.Add(mean, rows.Slice(i * columnCount, columnCount), mean);
        }

        TensorPrimitives.Divide(mean, rowCount, mean);
        var covariance = Covariance(rows, columnCount, mean);
        var eigen = covariance.Evd(Symmetricity.Symmetric);
        var values = eigen.EigenValues.Select(v => Math.Max(v.Real, 0)).ToArray();
        int[] order = [.. Enumerable.Range(0, columnCount).OrderByDescending(i => values[i])];
        var total = values.Sum();
        var count = 0;
        for (var sum = 0.0; count < columnCount && (count == 0 || sum <= share * total);)
        {
            sum += values[order[count++]];
        }

        return new(mean, [.. order.Take(count).Select(i => eigen.EigenVectors.Column(i).ToArray())]);
    }

    /// <summary>‖x − P(x)‖ of each row, P the projection on the components through the mean.</summary>
    /// <param name="rows">Shape (rows, columns), row-major, with the columns that were fitted.</param>
    /// <param name="errors">Shape (rows).</param>
    internal void ReconstructionErrors(ReadOnlySpan<double> rows, Span<double> errors)
    {
        var rest = new double[_mean.Length];
        for (var i = 0; i < errors.Length; i++)
        {
            TensorPrimitives.Subtract(rows.Slice(i * rest.Length, rest.Length), _mean, rest);
            foreach (var component in _components)
            {
                TensorPrimitives.MultiplyAdd(component, -TensorPrimitives.Dot<double>(rest, component), rest, rest);
            }

            errors[i] = TensorPrimitives.Norm<double>(rest);
        }
    }

    private static DenseMatrix Covariance(ReadOnlySpan<double> rows, int columnCount, double[] mean)
    {
        var rowCount = rows.Length / columnCount;
        var sums = new double[columnCount * columnCount];
        var centered = new double[columnCount];
        for (var i = 0; i < rowCount; i++)
        {
            TensorPrimitives.Subtract(rows.Slice(i * columnCount, columnCount), mean, centered);
            for (var j = 0; j < columnCount; j++)
            {
                var column = sums.AsSpan(j * columnCount, columnCount);
                TensorPrimitives.MultiplyAdd(centered, centered[j], column, column);
            }
        }

        TensorPrimitives.Divide(sums, Math.Max(rowCount - 1, 1), sums);
        return new DenseMatrix(columnCount, columnCount, sums);
    }
}
