using System.Reflection;
using System.Runtime.Loader;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Onnx;

public sealed class OnnxSessionCheckTests
{
    [Theory]
    [InlineData(Mlp.Runtime.Accelerators.Accelerator.Cpu, "Microsoft.ML.OnnxRuntime")]
    [InlineData(Mlp.Runtime.Accelerators.Accelerator.Auto, "Microsoft.ML.OnnxRuntime")]
    [InlineData(Mlp.Runtime.Accelerators.Accelerator.Cuda, "Microsoft.ML.OnnxRuntime.Gpu")]
    [InlineData(Mlp.Runtime.Accelerators.Accelerator.TensorRt, "Microsoft.ML.OnnxRuntime.Gpu")]
    public void Missing_AcceleratorThatWasAskedFor_NamesItsPackage(Mlp.Runtime.Accelerators.Accelerator accelerator, string package)
        => Assert.Equal(package, OnnxRuntimeNative.Missing(new DllNotFoundException(), accelerator).Package);

    [Fact]
    public void Run_ModelThatLoads_Returns() => OnnxSessionCheck.Run("m", OnnxBytes.Linear());

    [Fact]
    public void Run_PartOfALargerArray_TakesOnlyThatPart()
    {
        var model = OnnxBytes.Linear();
        byte[] padded = [0xFF, 0xFF, .. model, 0xFF];

        OnnxSessionCheck.Run("m", padded.AsMemory(2, model.Length));
    }

    [Fact]
    public void Run_UnknownOperator_SaysWhatOnnxRuntimeSays()
    {
        var graph = OnnxBytes.Graph(
            OnnxBytes.Node("Sorcery", ["x"], ["y"]), OnnxBytes.Input("x", OnnxBytes.Float, "N", 3), OnnxBytes.Output("y", OnnxBytes.Float, "N", 3));

        var error = Assert.Throws<InvalidModelException>(() => OnnxSessionCheck.Run("tips", OnnxBytes.Model(graph)));

        Assert.StartsWith("Expected a model that ONNX Runtime can load, but it says: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("Sorcery", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("(model 'tips').", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_WithoutNativeLibrary_NamesThePackage()
    {
        // The same assemblies once more, in a context that finds no native library.
        var context = new WithoutNatives();
        try
        {
            var check = context.LoadFromAssemblyPath(typeof(OnnxSessionCheck).Assembly.Location).GetType(typeof(OnnxSessionCheck).FullName!, throwOnError: true)!;
            var run = check.GetMethod(nameof(OnnxSessionCheck.Run), BindingFlags.Public | BindingFlags.Static)!;

            for (var attempt = 0; attempt < 2; attempt++)
            {
                var error = Assert.Throws<TargetInvocationException>(() => run.Invoke(null, ["m", new ReadOnlyMemory<byte>(OnnxBytes.Linear()), null])).InnerException!;
                Assert.Equal(typeof(MissingNativePackageException).FullName, error.GetType().FullName);
                Assert.Equal(
                    "Expected the native library of ONNX Runtime, but it could not be loaded. Add the NuGet package 'Microsoft.ML.OnnxRuntime' to the application.",
                    error.Message);
            }
        }
        finally
        {
            context.Unload();
        }
    }

    private sealed class WithoutNatives() : AssemblyLoadContext(nameof(WithoutNatives), isCollectible: true)
    {
        protected override Assembly? Load(AssemblyName assemblyName) => assemblyName.Name is "Microsoft.ML.OnnxRuntime" or "Mlp.Runtime"
            ? LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, assemblyName.Name + ".dll"))
            : null;

        protected override nint LoadUnmanagedDll(string unmanagedDllName)
            => throw new DllNotFoundException($"Unable to load shared library '{unmanagedDllName}'.");
    }
}
