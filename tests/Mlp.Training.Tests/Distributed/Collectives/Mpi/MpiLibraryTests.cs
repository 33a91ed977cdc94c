using Mlp.Training.Distributed.Collectives.Mpi;
using Mlp.Training.Distributed.Collectives.Mpi.Interop;
using Mlp.Training.Tests.Distributed.Launch;

namespace Mlp.Training.Tests.Distributed.Collectives.Mpi;

/// <summary>Which library is loaded and what it is taken for; MPI itself does not begin in the process of the tests.</summary>
public sealed class MpiLibraryTests
{
    [Fact]
    public void Load_NoLibrary_SaysWhatWasLookedForAndHowToNameIt()
        => Assert.Equal(
            "Expected an MPI library, but none of libnone.so, /no/such/libmpi.so can be loaded. Install Open MPI or MPICH, or name its library in MLP_MPI_LIBRARY or MpiOptions.LibraryPath.",
            Assert.Throws<MpiException>(() => MpiLibrary.Load(["libnone.so", "/no/such/libmpi.so"])).Message);

    [ForeignLauncherFact("/usr/lib/x86_64-linux-gnu/libc.so.6")]
    public void Load_AnotherLibrary_SaysThatItIsNoMpi()
        => Assert.Equal("Expected 'libc.so.6' to be an MPI library of version 3 or later, but it has no MPI_Test.", Assert.Throws<MpiException>(() => MpiLibrary.Load(["libc.so.6"])).Message);

    [ForeignLauncherFact("/usr/lib/x86_64-linux-gnu/libmpich.so.12")]
    public void Load_Mpich_HasItsInterface() => FaultSignals.Keep(() => Assert.Equal("MPICH", MpiLibrary.Load(["libmpich.so.12"]).Constants.Flavour));

    [ForeignLauncherFact("/usr/lib/x86_64-linux-gnu/libmpi.so.40")]
    public void Load_OpenMpi_HasItsInterface() => FaultSignals.Keep(() => Assert.Equal("Open MPI", MpiLibrary.Load(["libmpi.so.40"]).Constants.Flavour));
}
