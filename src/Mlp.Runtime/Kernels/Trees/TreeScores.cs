using System.Numerics;
using System.Runtime.CompilerServices;
using Mlp.Runtime.Kernels.Steps;

namespace Mlp.Runtime.Kernels.Trees;

/// <summary>
/// What is made of the sums of trees, as ONNX Runtime makes it: base values are added, a class without a score of its own is made of the other one, and the scores are transformed. What
/// depends on whether a row has got a score for a class at all is known of all rows, or the ensemble is not covered. Source of the rules: ONNX Runtime, tree_ensemble_aggregator.h and
/// ml_common.h, write_scores.
/// </summary>
internal sealed class TreeScores
{
    private readonly double[] _base;
    private readonly double _divisor;
    private readonly PostTransform _transform;

    /// <summary>Reads the rules off an ensemble.</summary>
    /// <param name="ensemble">The trees.</param>
    public TreeScores(TreeEnsemble ensemble)
    {
        TargetCount = ensemble.TargetCount;
        Aggregate = ensemble.Aggregate;
        _divisor = ensemble.Aggregate == TreeAggregate.Average ? ensemble.Roots.Count : 1;
        _transform = ensemble.IsClassifier || ensemble.TargetCount > 1 ? ensemble.PostTransform : PostTransform.None;
        _base = ensemble.BaseValues.Count == TargetCount ? [.. ensemble.BaseValues] : new double[TargetCount];
        Labels = ensemble.IsClassifier ? new ClassRules(ensemble) : null;
    }

    /// <summary>Targets or classes.</summary>
    public int TargetCount { get; }

    /// <summary>How leaves come together.</summary>
    public TreeAggregate Aggregate { get; }

    /// <summary>The rules of classes; null for a regression.</summary>
    public ClassRules? Labels { get; }

    /// <summary>What a sum begins with.</summary>
    public double Start => Aggregate switch
    {
        TreeAggregate.Minimum => double.PositiveInfinity,
        TreeAggregate.Maximum => double.NegativeInfinity,
        _ => 0,
    };

    /// <summary>Writes the scores, or the labels, of a tile.</summary>
    /// <typeparam name="T">float or double: what was added in.</typeparam>
    /// <param name="memory">The values.</param>
    /// <param name="sums">The sums of the groups: for each one a target after the other.</param>
    /// <param name="result">Scores in float32 or float64, or labels in int64.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Finish<T>(KernelMemory memory, ReadOnlySpan<T> sums, KernelValue result)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Span<T> row = stackalloc T[Math.Max(2, TargetCount)];
        for (var i = 0; i < memory.RowCount; i++)
        {
            var (group, lane) = (i / TreeTables.Lanes, i % TreeTables.Lanes);
            for (var target = 0; target < TargetCount; target++)
            {
                row[target] = Complete(sums[(((group * TargetCount) + target) * TreeTables.Lanes) + lane]);
            }

            if (Labels is null)
            {
                AddBase(row);
            }
            else
            {
                var label = Labels.Apply(row, _transform, out var isTransformed);
                if (result.Element == KernelElement.Int64)
                {
                    memory.Of<long>(result)[i] = label;
                    continue;
                }

                if (isTransformed)
                {
                    Write(memory, result, i, row);
                    continue;
                }
            }

            Transform(row[..TargetCount]);
            Write(memory, result, i, row);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private T Complete<T>(T sum)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        => Aggregate switch
        {
            TreeAggregate.Average => sum / T.CreateTruncating(_divisor),
            TreeAggregate.Minimum or TreeAggregate.Maximum when T.IsInfinity(sum) => T.Zero,
            _ => sum,
        };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddBase<T>(Span<T> row)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (var target = 0; target < TargetCount; target++)
        {
            row[target] += T.CreateTruncating(_base[target]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write<T>(KernelMemory memory, KernelValue result, int index, ReadOnlySpan<T> row)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var wide = result.Element == KernelElement.Float64;
        for (var target = 0; target < result.Width; target++)
        {
            if (wide)
            {
                memory.Of<double>(result)[(index * result.Width) + target] = double.CreateTruncating(row[target]);
            }
            else
            {
                memory.Of<float>(result)[(index * result.Width) + target] = float.CreateTruncating(row[target]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Transform<T>(Span<T> row)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        switch (_transform)
        {
            case PostTransform.Logistic:
                for (var i = 0; i < row.Length; i++)
                {
                    row[i] = T.CreateTruncating(ClassicalScores.Logistic(float.CreateTruncating(row[i])));
                }

                break;
            case PostTransform.Softmax:
                ClassicalScores.Softmax(row);
                break;
            case PostTransform.SoftmaxZero:
                ClassicalScores.SoftmaxZero(row);
                break;
        }
    }
}
