using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mlp.Runtime.Kernels.Steps;

/// <summary>The functions of one number. NaN stays NaN.</summary>
internal static class Activations
{
    /// <summary>max(x, 0).</summary>
    internal readonly struct Relu : IActivation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static float Apply(float value, float parameter) => float.Max(value, 0);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Apply(Vector512<float> value, float parameter) => Vector512.Max(value, Vector512<float>.Zero);
    }

    /// <summary>x, and x times the parameter below 0.</summary>
    internal readonly struct LeakyRelu : IActivation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static float Apply(float value, float parameter) => value < 0 ? value * parameter : value;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Apply(Vector512<float> value, float parameter)
            => Vector512.ConditionalSelect(Vector512.LessThan(value, Vector512<float>.Zero), value * Vector512.Create(parameter), value);
    }

    /// <summary>exp(x), of x up to 0.</summary>
    internal readonly struct Exponential : IActivation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static float Apply(float value, float parameter) => MathF.Exp(value);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Apply(Vector512<float> value, float parameter) => Steps.Exponential.Of(value);
    }

    /// <summary>1 / (1 + exp(-x)).</summary>
    internal readonly struct Sigmoid : IActivation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static float Apply(float value, float parameter) => 1 / (1 + MathF.Exp(-value));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Apply(Vector512<float> value, float parameter)
            => Vector512<float>.One / (Vector512<float>.One + Steps.Exponential.Of(-value));
    }

    /// <summary>tanh x = 1 - 2 / (exp(2x) + 1), and x itself near 0, where that would lose its last bits.</summary>
    internal readonly struct Tanh : IActivation
    {
        private const float Near = 0.02f;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static float Apply(float value, float parameter) => MathF.Tanh(value);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Apply(Vector512<float> value, float parameter)
        {
            var far = Vector512<float>.One - (Vector512.Create(2f) / (Steps.Exponential.Of(value + value) + Vector512<float>.One));
            var near = value - (value * value * value * Vector512.Create(1f / 3));
            return Vector512.ConditionalSelect(Vector512.LessThan(Vector512.Abs(value), Vector512.Create(Near)), near, far);
        }
    }
}
