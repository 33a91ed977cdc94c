using System.Runtime.InteropServices;
using Mlp.Runtime;
using Mlp.TestSupport;
using Mlp.Training.Interop;
using TorchSharp;

namespace Mlp.Training.Tests.Interop;

public sealed class TorchTests
{
    [Fact]
    public void EnsureLoaded_OnThisHost_TensorsWork()
    {
        Torch.EnsureLoaded();

        using var ones = torch.ones(1);

        Assert.Equal(1f, ones.item<float>());
    }

    [Fact]
    public void EnsureLoaded_FromManyThreads_LoadsOnce()
    {
        Parallel.For(0, 8, _ => Torch.EnsureLoaded());

        using var sum = torch.ones(3).sum();
        Assert.Equal(3f, sum.item<float>());
    }

    [Fact]
    public void EnsureLoaded_OnLinux_StopsOpenMpFromSpinning()
    {
        Torch.EnsureLoaded();

        Assert.Equal("passive", NativeEnvironment.Get("OMP_WAIT_POLICY"), ignoreCase: true);
    }

    [Fact]
    public void LoadLinux_WithoutTheNativePackage_NamesIt()
    {
        using var empty = new TempDirectory();

        var error = Assert.Throws<MissingNativePackageException>(() => TorchLoader.LoadLinux([empty.FullName]));

        Assert.Equal("libtorch-cpu-linux-x64", error.Package);
        Assert.Contains("'libc10.so'", error.Message, StringComparison.Ordinal);
        Assert.Contains("Add the NuGet package 'libtorch-cpu-linux-x64'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LoadLinux_ForeignFile_SaysThatTheSystemRefused()
    {
        using var folder = new TempDirectory();
        File.WriteAllText(folder.Combine("libc10.so"), "not a library");

        var error = Assert.Throws<PlatformNotSupportedException>(() => TorchLoader.LoadLinux([folder.FullName]));

        Assert.Contains("'libc10.so'", error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.InnerException);
    }

    [Theory]
    [InlineData(Architecture.Arm64, "linux-arm64", "Arm64")]
    [InlineData(Architecture.X64, "linux-musl-x64", "musl")]
    public void UnsupportedLinux_NoBuild_SaysSo(Architecture architecture, string runtimeIdentifier, string word)
        => Assert.Contains(word, TorchLoader.UnsupportedLinux(architecture, runtimeIdentifier), StringComparison.Ordinal);

    [Fact]
    public void UnsupportedLinux_GlibcOnX64_IsSupported()
        => Assert.Null(TorchLoader.UnsupportedLinux(Architecture.X64, "linux-x64"));

    [Fact]
    public void CannotRun_OldGlibc_SaysWhichHostsDo()
    {
        var cause = new DllNotFoundException("/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required by libc10.so)");

        Assert.Contains("glibc 2.34 or newer", TorchLoader.CannotRun("libc10.so", cause).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SetIfUnset_VariableHasAValue_KeepsIt()
    {
        NativeEnvironment.SetIfUnset("MLP_TEST_NATIVE_VARIABLE", "first");
        NativeEnvironment.SetIfUnset("MLP_TEST_NATIVE_VARIABLE", "second");

        Assert.Equal("first", NativeEnvironment.Get("MLP_TEST_NATIVE_VARIABLE"));
    }
}
