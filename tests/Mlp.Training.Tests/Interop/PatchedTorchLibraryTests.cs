using System.Runtime.InteropServices;
using Mlp.TestSupport;
using Mlp.Training.Interop;

namespace Mlp.Training.Tests.Interop;

public sealed class PatchedTorchLibraryTests
{
    private static readonly byte[] Glue = File.ReadAllBytes(NativeSearchPath.Find(NativeSearchPath.Directories(), "libLibTorchSharp.so")!);

    [Fact]
    public void Patch_ShippedLibrary_ChangesOneFlagOfOneVersion()
    {
        var patched = PatchedTorchLibrary.Patch([.. Glue]);

        var before = ElfVersionNeeds.Read(Glue);
        var after = ElfVersionNeeds.Read(patched);
        Assert.Equal([PatchedTorchLibrary.TooNewVersion], after.Where(n => n.IsWeak).Select(n => n.Version));
        Assert.Equal(before.Select(n => (n.Library, n.Version, n.Index)), after.Select(n => (n.Library, n.Version, n.Index)));
        Assert.Equal(1, Glue.Zip(patched).Count(pair => pair.First != pair.Second));
    }

    [Fact]
    public void Patch_LibraryWithoutTheVersion_SaysSo()
    {
        var c10 = File.ReadAllBytes(NativeSearchPath.Find(NativeSearchPath.Directories(), "libc10.so")!);

        var error = Assert.Throws<PlatformNotSupportedException>(() => PatchedTorchLibrary.Patch(c10));

        Assert.Contains(PatchedTorchLibrary.TooNewVersion, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LoadFrom_ManyAtOnce_LeavesNothingBehind()
    {
        Torch.EnsureLoaded();
        using var folder = new TempDirectory();
        var patched = PatchedTorchLibrary.Patch([.. Glue]);

        Parallel.For(0, 4, _ => Assert.NotEqual(0, PatchedTorchLibrary.LoadFrom(folder.FullName, patched)));

        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.FullName));
    }

    [Fact]
    public void LoadFrom_FileThatIsNoLibrary_FailsAndLeavesNothingBehind()
    {
        using var folder = new TempDirectory();

        Assert.Throws<DllNotFoundException>(() => PatchedTorchLibrary.LoadFrom(folder.FullName, [1, 2, 3]));

        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.FullName));
    }

    [Fact]
    public void CountRelocations_VersionInUse_IsNotZero()
    {
        var glibc = ElfVersionNeeds.Read(Glue).First(n => n.Version.StartsWith("GLIBC_2.", StringComparison.Ordinal));
        var unused = ElfVersionNeeds.Read(Glue).Single(n => n.Version == PatchedTorchLibrary.TooNewVersion);

        Assert.True(ElfVersionNeeds.CountRelocations(Glue, glibc) > 0);
        Assert.Equal(0, ElfVersionNeeds.CountRelocations(Glue, unused));
        Assert.True(RuntimeInformation.IsOSPlatform(OSPlatform.Linux));
    }
}
