using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Mlp.Training.Networks.Interop;
using TorchSharp;
using TorchSharp.Modules;

namespace Mlp.Training.Distributed.DataParallel.Interop;

/// <summary>
/// Tells during a backward pass that the gradient of a parameter is whole. libtorch keeps one C++ object per parameter for that (<c>torch::autograd::PostAccumulateGradHook</c>); TorchSharp does
/// not show it, so the objects are made here, with the table of virtual functions that the Itanium C++ ABI prescribes. Use only where <see cref="AreAvailable"/>. Not thread-safe; the hooks fire
/// on the thread that calls backward.
/// </summary>
internal sealed unsafe class GradientHooks : IDisposable
{
    private const string Setter =
        "_ZN5torch8autograd4impl23set_post_acc_grad_hooksERKN2at10TensorBaseESt10unique_ptrINS0_22PostAccumulateGradHookESt14default_deleteIS7_EE";

    private static readonly Lazy<nint> Table = new(MakeTable);
    private static readonly Lazy<nint> Set = new(FindSetter);
    private static readonly Lazy<bool> Works = new(Test);
    private static int _livingCount;

    private readonly IReadOnlyList<Parameter> _parameters;
    private readonly Action<int> _ready;
    // Not readonly: what Free does to a copy, this would not see.
    private GCHandle _self;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Begins to tell.</summary>
    /// <param name="parameters">Leaves of the graph; a hook that one of them has already is replaced.</param>
    /// <param name="ready">Told of the place of a parameter in the list, once per backward pass that reaches it.</param>
    public GradientHooks(IReadOnlyList<Parameter> parameters, Action<int> ready)
    {
        (_parameters, _ready, _self) = (parameters, ready, GCHandle.Alloc(this));
        for (var i = 0; i < parameters.Count; i++)
        {
            Attach(parameters[i], New(i));
        }
    }

    /// <summary>Whether this libtorch has been seen to call such objects. The first question runs a backward pass of one number.</summary>
    public static bool AreAvailable => Works.Value;

    /// <summary>Native objects that libtorch has not freed, of all hooks.</summary>
    public static int LivingCount => Volatile.Read(ref _livingCount);

    /// <summary>Throws what <c>ready</c> has thrown: no exception may cross libtorch.</summary>
    public void ThrowIfFailed()
    {
        var failure = _failure;
        _failure = null;
        failure?.Throw();
    }

    /// <summary>Ends telling; libtorch frees its objects.</summary>
    public void Dispose()
    {
        if (!_self.IsAllocated)
        {
            return;
        }

        foreach (var parameter in _parameters)
        {
            Attach(parameter, null);
        }

        _self.Free();
    }

    private static void Attach(Parameter parameter, Hook* hook)
    {
        // A unique_ptr is handed over by the address of one, which the callee leaves empty.
        var owner = (nint)hook;
        ((delegate* unmanaged<nint, nint*, void>)Set.Value)(parameter.Handle, &owner);
        GC.KeepAlive(parameter);
    }

    private static nint FindSetter()
        => TorchAbi.IsAvailable && NativeLibrary.TryGetExport(TorchAbi.Library, Setter, out var address) ? address : 0;

    private static bool Test()
    {
        if (Set.Value == 0)
        {
            return false;
        }

        var (told, thread) = (new List<int>(), 0);
        using var scope = torch.NewDisposeScope();
        using var enabled = torch.enable_grad();
        var before = LivingCount;
        Parameter[] parameters = [One(), One(), One()];
        using (new GradientHooks(parameters, i =>
        {
            using var gradient = parameters[i].grad;
            told.Add(gradient is not null && gradient.item<float>() == 3 ? i : -1);
            thread = Environment.CurrentManagedThreadId;
        }))
        {
            parameters[0].add(parameters[2]).mul(3).backward();
        }

        parameters[0].mul(3).backward();
        told.Sort();
        return told is [0, 2] && thread == Environment.CurrentManagedThreadId && LivingCount == before;

        static Parameter One() => new(torch.ones([], torch.float32, torch.CPU), requires_grad: true);
    }

    private Hook* New(int index)
    {
        var hook = (Hook*)NativeMemory.Alloc((nuint)sizeof(Hook));
        (hook->Table, hook->Owner, hook->Index) = (Table.Value, GCHandle.ToIntPtr(_self), index);
        Interlocked.Increment(ref _livingCount);
        return hook;
    }

    private static nint MakeTable()
    {
        // Two words before the functions (offset to the top, type information), then the destructor, the deleting destructor, the call, and two functions for compiled graphs, which are not used here.
        var table = (nint*)NativeMemory.Alloc(7, (nuint)sizeof(nint));
        table[0] = 0;
        table[1] = 0;
        table[2] = (nint)(delegate* unmanaged<Hook*, void>)&Destroy;
        table[3] = (nint)(delegate* unmanaged<Hook*, void>)&Delete;
        table[4] = (nint)(delegate* unmanaged<Hook*, nint, void>)&Call;
        table[5] = (nint)(delegate* unmanaged<Hook*, nint, void>)&Ignore;
        table[6] = (nint)(delegate* unmanaged<Hook*, nint, nint, void>)&IgnoreTwo;
        return (nint)(table + 2);
    }

    [UnmanagedCallersOnly]
    private static void Destroy(Hook* hook)
    {
    }

    [UnmanagedCallersOnly]
    private static void Delete(Hook* hook)
    {
        Interlocked.Decrement(ref _livingCount);
        NativeMemory.Free(hook);
    }

    [UnmanagedCallersOnly]
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "It is thrown after the backward pass.")]
    private static void Call(Hook* hook, nint tensor)
    {
        var owner = (GradientHooks)GCHandle.FromIntPtr(hook->Owner).Target!;
        try
        {
            owner._ready(hook->Index);
        }
        catch (Exception e)
        {
            owner._failure ??= ExceptionDispatchInfo.Capture(e);
        }
    }

    [UnmanagedCallersOnly]
    private static void Ignore(Hook* hook, nint argument)
    {
    }

    [UnmanagedCallersOnly]
    private static void IgnoreTwo(Hook* hook, nint first, nint second)
    {
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Hook
    {
        public nint Table;
        public nint Owner;
        public int Index;
    }
}
