using System.Runtime.Intrinsics;

namespace Mlp.Runtime.Kernels.Steps;

/// <summary>A function of one number.</summary>
internal interface IActivation
{
    static abstract float Apply(float value, float parameter);

    static abstract Vector512<float> Apply(Vector512<float> value, float parameter);
}
