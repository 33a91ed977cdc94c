using System.Numerics;
using System.Runtime.CompilerServices;
using Mlp.Runtime.Kernels.Recognition;
using Mlp.Runtime.Kernels.Steps;

namespace Mlp.Runtime.Kernels.Trees;

/// <summary>
/// How a classifier of trees makes scores and labels of its sums. Two classes are a case of their own: where leaves name one class only, the other one is made of it, in a way that depends
/// on whether any weight is below 0.
/// </summary>
internal sealed class ClassRules
{
    private readonly double[] _base;
    private readonly long[] _labels;
    private readonly bool[] _isScored;
    private readonly bool _isBinary;
    private readonly bool _areWeightsPositive;

    /// <summary>Reads the rules off an ensemble.</summary>
    /// <param name="ensemble">The trees of a classifier.</param>
    /// <exception cref="UncoveredGraphException">The rules differ from row to row.</exception>
    public ClassRules(TreeEnsemble ensemble)
    {
        if (ensemble.TargetCount < 2)
        {
            throw new UncoveredGraphException("a classifier of trees with two classes or more");
        }

        _base = [.. ensemble.BaseValues];
        if (_base.Length != 0 && _base.Length != ensemble.TargetCount && !(ensemble.TargetCount == 2 && _base.Length == 1))
        {
            throw new UncoveredGraphException("a classifier of trees with a base value for each class");
        }

        _labels = ensemble.Labels.Count == ensemble.TargetCount ? [.. ensemble.Labels] : [.. Enumerable.Range(0, ensemble.TargetCount).Select(i => (long)i)];
        var named = ensemble.FindNamedTargets();
        _isScored = [.. Enumerable.Range(0, ensemble.TargetCount).Select(t => ensemble.IsAlwaysScored(t, named)
            ?? throw new UncoveredGraphException("a classifier of trees in which each class has a weight in all leaves of some tree, or in no leaf at all"))];
        if (ensemble.TargetCount == 2 && named.Count == 1 && (_base.Length == 2 || (_base.Length == 1 && _isScored[1])))
        {
            throw new UncoveredGraphException("a classifier of two classes whose leaves name both, or that has one base value for the first or none");
        }

        _isBinary = ensemble.TargetCount == 2 && named.Count == 1;
        _areWeightsPositive = ensemble.AreWeightsPositive;
    }

    /// <summary>Completes the scores of a row.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="scores">The sums; receives the scores.</param>
    /// <param name="transform">What is made of scores at the end.</param>
    /// <param name="isTransformed">Whether that has been done.</param>
    /// <returns>The label.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public long Apply<T>(Span<T> scores, PostTransform transform, out bool isTransformed)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        isTransformed = false;
        return _labels.Length == 2 ? ApplyTwo(scores, transform, out isTransformed) : ApplyMany(scores);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long ApplyMany<T>(Span<T> scores)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var best = -1;
        for (var i = 0; i < _labels.Length; i++)
        {
            if (_base.Length > 0)
            {
                scores[i] += T.CreateTruncating(_base[i]);
            }

            if ((_isScored[i] || _base.Length > 0) && (best < 0 || scores[i] > scores[best]))
            {
                best = i;
            }
        }

        return _labels[Math.Max(0, best)];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long ApplyTwo<T>(Span<T> scores, PostTransform transform, out bool isTransformed)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        isTransformed = false;
        if (_base.Length == 2)
        {
            // The second class is made of the first one, as it stands in ONNX Runtime.
            scores[1] = T.CreateTruncating(_base[1]) + scores[0];
            scores[0] = -scores[1];
        }
        else if (_base.Length == 1)
        {
            scores[0] += T.CreateTruncating(_base[0]);
        }

        var isSecondScored = _isScored[1];
        var positive = isSecondScored ? scores[1] : _isScored[0] || _base.Length == 1 ? scores[0] : T.Zero;
        var isPositive = positive > (_isBinary && _areWeightsPositive ? T.CreateTruncating(0.5) : T.Zero);
        if (!isSecondScored)
        {
            isTransformed = true;
            SplitOne(scores, transform);
        }

        return _isBinary ? _labels[isPositive ? 1 : 0] : isPositive ? 1 : 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SplitOne<T>(Span<T> scores, PostTransform transform)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var score = scores[0];
        if (_isBinary && _areWeightsPositive && transform != PostTransform.Logistic)
        {
            (scores[0], scores[1]) = (T.One - score, score);
        }
        else if (transform == PostTransform.Logistic)
        {
            scores[1] = T.CreateTruncating(ClassicalScores.Logistic(float.CreateTruncating(score)));
            scores[0] = T.CreateTruncating(ClassicalScores.Logistic(float.CreateTruncating(-score)));
        }
        else
        {
            (scores[0], scores[1]) = (-score, score);
        }
    }
}
