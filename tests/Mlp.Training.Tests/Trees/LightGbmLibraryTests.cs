using System.Runtime.InteropServices;
using Mlp.Runtime;
using Mlp.TestSupport;
using Mlp.Training.Interop;
using Mlp.Training.Trees;
using Mlp.Training.Trees.Interop;

namespace Mlp.Training.Tests.Trees;

public sealed class LightGbmLibraryTests
{
    [Fact]
    public void Load_NoPackage_NamesIt()
    {
        using var folder = new TempDirectory();

        var error = Assert.Throws<MissingNativePackageException>(() => LightGbmLibrary.Load([folder.FullName]));

        Assert.Equal("LightGBM", error.Package);
        Assert.Contains("Add the NuGet package 'LightGBM' to the application.", error.Message, StringComparison.Ordinal);
    }

    [LinuxFact]
    public void Load_BrokenFile_SaysThatItCannotBeLoaded()
    {
        using var folder = new TempDirectory();
        File.WriteAllText(Path.Combine(folder.FullName, "lib_lightgbm.so"), "no library");

        var error = Assert.Throws<PlatformNotSupportedException>(() => LightGbmLibrary.Load([folder.FullName]));

        Assert.StartsWith("Expected to load the native library 'lib_lightgbm.so'", error.Message, StringComparison.Ordinal);
    }

    [LinuxFact]
    public void EnsureLoaded_BesideLibtorch_SharesItsOpenMpRuntimeAndWaitsPassively()
    {
        LightGbmLibrary.EnsureLoaded();
        Torch.EnsureLoaded();

        Assert.Equal("passive", NativeEnvironment.Get("OMP_WAIT_POLICY"));
        Assert.Single(File.ReadLines("/proc/self/maps").Where(l => l.Contains("libgomp", StringComparison.Ordinal)).Select(l => l[l.IndexOf('/', StringComparison.Ordinal)..]).Distinct());
    }

    [Fact]
    public void LightGbmThreads_OfOneThread_AreGivenBackAndNotAnothers()
    {
        LightGbmLibrary.EnsureLoaded();
        var (before, beforeElsewhere) = (LightGbmThreads.Current, CurrentOfAnotherThread());
        using (new LightGbmThreads(before + 3))
        {
            Assert.Equal(before + 3, LightGbmThreads.Current);
            using (new LightGbmThreads(1))
            {
                Assert.Equal((1, beforeElsewhere), (LightGbmThreads.Current, CurrentOfAnotherThread()));
            }

            Assert.Equal(before + 3, LightGbmThreads.Current);
        }

        Assert.Equal(before, LightGbmThreads.Current);

        static int CurrentOfAnotherThread()
        {
            var current = 0;
            var thread = new Thread(() => current = LightGbmThreads.Current);
            thread.Start();
            thread.Join();
            return current;
        }
    }

    [Fact]
    public void MissingOpenMp_Sentence_SaysWhatToInstall() => Assert.Equal(
        "Expected the OpenMP runtime 'libgomp.so.1' that LightGBM needs, but this host has none: install it (Debian and Ubuntu: apt-get install libgomp1), or add the NuGet package 'libtorch-cpu-linux-x64', which brings one.",
        LightGbmLibrary.MissingOpenMp(new DllNotFoundException("x")).Message);

    [Theory]
    [InlineData(Architecture.Arm64, "linux-arm64", "Expected Linux on x64 to train with LightGBM, but found Arm64")]
    [InlineData(Architecture.X64, "linux-musl-x64", "Expected a Linux with glibc to train with LightGBM, but found musl")]
    public void UnsupportedLinux_OtherHosts_AreNamed(Architecture architecture, string identifier, string sentence)
        => Assert.StartsWith(sentence, LightGbmLibrary.UnsupportedLinux(architecture, identifier), StringComparison.Ordinal);

    [Fact]
    public void Load_TextThatIsNoModel_ThrowsWhatLightGbmSays()
        => Assert.StartsWith("Expected LightGBM to read the model, but it says: ", Assert.Throws<LightGbmException>(() => LightGbmBooster.Load("nothing")).Message, StringComparison.Ordinal);
}
