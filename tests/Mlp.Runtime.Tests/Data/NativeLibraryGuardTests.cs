using Mlp.Runtime.Data;

namespace Mlp.Runtime.Tests.Data;

public sealed class NativeLibraryGuardTests
{
    private readonly NativeLibraryGuard _guard = new(DuckDbSession.NativePackage, "DuckDB");

    [Fact]
    public void Open_LibraryIsMissing_SaysSoAtEveryCallAndDoesNotTryAgain()
    {
        var calls = 0;
        for (var i = 0; i < 3; i++)
        {
            var e = Assert.Throws<MissingNativePackageException>(() => _guard.Open<int>(Fail));
            Assert.Equal("Expected the native library of DuckDB, but it could not be loaded. Add the NuGet package 'DuckDB.NET.Data.Full' to the application.", e.Message);
        }

        Assert.Equal(1, calls);

        int Fail()
        {
            calls++;
            throw new TypeInitializationException("Native", new DllNotFoundException("libduckdb"));
        }
    }

    [Fact]
    public void Open_OtherFailure_ComesThroughAndIsForgotten()
    {
        Assert.Throws<InvalidOperationException>(() => _guard.Open<int>(() => throw new InvalidOperationException("other")));

        Assert.Equal(5, _guard.Open(() => 5));
    }
}
