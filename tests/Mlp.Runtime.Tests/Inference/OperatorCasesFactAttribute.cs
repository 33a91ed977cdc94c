namespace Mlp.Runtime.Tests.Inference;

/// <summary>A fact that needs the ONNX project's operator cases, and is skipped where they are not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OperatorCasesFactAttribute : FactAttribute
{
    public OperatorCasesFactAttribute()
    {
        if (OperatorCase.Root is null)
        {
            Skip = "The Debian package libonnx-testdata is not installed, and MLP_ONNX_TESTDATA names no folder.";
        }
    }
}
