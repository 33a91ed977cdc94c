using Xunit;

namespace Mlp.TestSupport;

/// <summary>A fact that asks PyTorch by <see cref="ScikitLearn.Run"/>, and is skipped where Debian's package is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PyTorchFactAttribute : FactAttribute
{
    private const string Package = "/usr/lib/python3/dist-packages/torch/__init__.py";

    /// <summary>Creates the attribute.</summary>
    public PyTorchFactAttribute() => Skip = File.Exists(Package) ? ScikitLearn.Missing : "The package python3-torch is not installed on this machine.";
}
