using System.Numerics;
using System.Runtime.CompilerServices;

namespace Mlp.Runtime.Kernels.Steps;

/// <summary>The transformations of scores of the operators for classical models (ai.onnx.ml), in float32 whatever the scores are in, as ONNX Runtime has them.</summary>
internal static class ClassicalScores
{
    private const float Zero = 1e-7f;

    /// <summary>1 / (1 + exp(-x)), of which only exponentials below 1 are taken.</summary>
    /// <param name="score">x.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Logistic(float score)
    {
        var value = 1 / (1 + MathF.Exp(-MathF.Abs(score)));
        return score < 0 ? 1 - value : value;
    }

    /// <summary>exp(x - m) / Σ exp(x - m), with m the greatest score.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="scores">The scores; receives the result.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Softmax<T>(Span<T> scores)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var greatest = Greatest(scores);
        var sum = 0f;
        for (var i = 0; i < scores.Length; i++)
        {
            var value = MathF.Exp(float.CreateTruncating(scores[i]) - greatest);
            scores[i] = T.CreateTruncating(value);
            sum += value;
        }

        for (var i = 0; i < scores.Length; i++)
        {
            scores[i] = T.CreateTruncating(float.CreateTruncating(scores[i]) / sum);
        }
    }

    /// <summary>The same, in which scores of 0 stay 0.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="scores">The scores; receives the result.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SoftmaxZero<T>(Span<T> scores)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var greatest = Greatest(scores);
        var factor = MathF.Exp(-greatest);
        var sum = 0f;
        for (var i = 0; i < scores.Length; i++)
        {
            var score = float.CreateTruncating(scores[i]);
            if (score is > Zero or < -Zero)
            {
                score = MathF.Exp(score - greatest);
                sum += score;
            }
            else
            {
                score *= factor;
            }

            scores[i] = T.CreateTruncating(score);
        }

        for (var i = 0; i < scores.Length; i++)
        {
            scores[i] = T.CreateTruncating(float.CreateTruncating(scores[i]) / sum);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Greatest<T>(Span<T> scores)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var greatest = -float.MaxValue;
        foreach (var score in scores)
        {
            var value = float.CreateTruncating(score);
            greatest = value > greatest ? value : greatest;
        }

        return greatest;
    }
}
