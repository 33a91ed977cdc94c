using System.Diagnostics;
using System.Runtime.InteropServices;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Collectives.Nccl;

namespace Mlp.Training.Tests.Distributed.Collectives.Nccl;

/// <summary>A library that has the functions of NCCL and of the CUDA runtime and computes in the memory of the host (<c>Fixtures/fake_gpus.c</c>), so that everything above those functions can be shown without a GPU.</summary>
public sealed class FakeGpus : IDisposable
{
    private static readonly Lazy<(string? Path, string? Problem)> Built = new(Build);

    private readonly string _path;
    private readonly nint _library;

    /// <summary>A world of its own: its state is shared with no other object.</summary>
    public FakeGpus()
    {
        _path = Path.Combine(Path.GetTempPath(), $"mlp-fake-gpus-{Guid.NewGuid():N}.so");
        File.Copy(Built.Value.Path!, _path);
        _library = NativeLibrary.Load(_path);
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void SetNumber([MarshalAs(UnmanagedType.LPUTF8Str)] string name, int value);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int GetNumber([MarshalAs(UnmanagedType.LPUTF8Str)] string name);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void SetNumbers(int first, int second);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void Register(nint address, nint length);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int Count();

    /// <summary>Why it cannot be built; null where it can.</summary>
    public static string? Problem => Built.Value.Problem;

    /// <summary>Pieces of memory that live, of both sides.</summary>
    public int AreaCount => Find<Count>("fake_areas")();

    /// <summary>Where the library lies.</summary>
    public string LibraryPath => _path;

    /// <summary>What kind of GPUs these are: "version", "devices"; "hang" (the rank whose stream stands still), "init_hangs", "blocks" (operations wait for the others while they are started).</summary>
    public void Set(string what, int value) => Find<SetNumber>("fake_set")(what, value);

    /// <summary>Lets the next call of a function return an error.</summary>
    public void Fail(string function, int result) => Find<SetNumber>("fake_fail")(function, result);

    /// <summary>Calls of a function so far.</summary>
    public int CallsOf(string function) => Find<GetNumber>("fake_count")(function);

    /// <summary>Waits until a function was called so often.</summary>
    public void AwaitCalls(string function, int count)
        => Assert.True(SpinWait.SpinUntil(() => CallsOf(function) >= count, TimeSpan.FromMinutes(1)), $"Expected {count} calls of {function}, but found {CallsOf(function)}.");

    /// <summary>Lets NCCL report an error of a rank beside its calls.</summary>
    public void SetAsyncError(int rank, int error) => Find<SetNumbers>("fake_async_error")(rank, error);

    /// <summary>Makes memory of the host pass for a GPU's.</summary>
    public void TakeForDeviceMemory(nint address, long length) => Find<Register>("fake_register")(address, (nint)length);

    /// <summary>Makes settings use this library.</summary>
    public ProcessGroupOptions Configure(ProcessGroupOptions options)
    {
        (options.Nccl.LibraryPath, options.Nccl.CudaLibraryPath, options.Backend) = (_path, _path, CollectiveTransport.Nccl);
        return options;
    }

    /// <summary>A group of threads with a GPU each.</summary>
    public IReadOnlyList<ProcessGroup> Create(int worldSize, Action<ProcessGroupOptions>? configure = null)
    {
        var options = Configure(new() { Timeout = TimeSpan.FromMinutes(2) });
        configure?.Invoke(options);
        return ProcessGroup.CreateOnGpus([.. Enumerable.Range(0, worldSize)], options);
    }

    /// <summary>Streams of groups that were not disposed still run, so the library stays loaded.</summary>
    public void Dispose() => File.Delete(_path);

    private T Find<T>(string function)
        where T : Delegate => Marshal.GetDelegateForFunctionPointer<T>(NativeLibrary.GetExport(_library, function));

    private static (string? Path, string? Problem) Build()
    {
        if (!OperatingSystem.IsLinux())
        {
            return (null, "The fake GPUs are built on Linux only.");
        }

        var source = Path.Combine(AppContext.BaseDirectory, "Distributed", "Collectives", "Nccl", "Fixtures", "fake_gpus.c");
        var library = Path.Combine(AppContext.BaseDirectory, $"fake-gpus-{Environment.ProcessId}.so");
        try
        {
            using var compiler = Process.Start(new ProcessStartInfo("gcc", ["-O2", "-shared", "-fPIC", "-pthread", "-fvisibility=hidden", "-o", library, source]) { RedirectStandardError = true })!;
            var said = compiler.StandardError.ReadToEnd();
            compiler.WaitForExit();
            return compiler.ExitCode == 0 ? (library, null) : (null, $"gcc cannot build the fake GPUs: {said}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (null, "There is no gcc to build the fake GPUs with.");
        }
    }
}
