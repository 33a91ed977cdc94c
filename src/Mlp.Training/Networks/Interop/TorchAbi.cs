using System.Runtime.InteropServices;
using Mlp.Training.Interop;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Interop;

/// <summary>
/// libtorch's C functions that run any operator by name, for those that TorchSharp leaves out. They are there in the version that this was written against and on Linux x64 only; elsewhere
/// <see cref="IsAvailable"/> is false and callers compute by themselves. Thread-safe.
/// </summary>
internal static unsafe class TorchAbi
{
    /// <summary>The version that <c>aoti_torch_abi_version</c> reports for libtorch 2.10.</summary>
    public const ulong SupportedVersion = 0x020a000000000000;

    private static readonly Lazy<Functions?> Loaded = new(Load);

    /// <summary>Whether operators can be called.</summary>
    public static bool IsAvailable => Loaded.Value is not null;

    /// <summary>The handle of the loaded library, or 0.</summary>
    public static nint Library => Loaded.Value?.Library ?? 0;

    /// <summary>A reference to a tensor, owned by the operator that it is handed to.</summary>
    public static ulong Own(Tensor tensor)
    {
        nint handle;
        Check(Loaded.Value!.NewTensor(tensor.Handle, &handle), "a reference to a tensor");
        GC.KeepAlive(tensor);
        return (ulong)handle;
    }

    /// <summary>A list of one tensor, owned by the operator that it is handed to.</summary>
    public static ulong OwnList(Tensor tensor)
    {
        var list = OwnEmptyList();
        Check(Loaded.Value!.PushBack((nint)list, Own(tensor)), "a list of tensors");
        return list;
    }

    /// <summary>A list of no tensors, owned by the operator that it is handed to.</summary>
    public static ulong OwnEmptyList()
    {
        nint list;
        Check(Loaded.Value!.NewList(1, &list), "a list of tensors");
        return (ulong)list;
    }

    /// <summary>A number as an argument.</summary>
    public static ulong Double(double value) => BitConverter.DoubleToUInt64Bits(value);

    /// <summary>A truth value as an argument.</summary>
    public static ulong Bool(bool value) => value ? 1UL : 0UL;

    /// <summary>Runs an operator that returns nothing.</summary>
    /// <param name="name">Its name with a final zero, for example <c>aten::_fused_adamw_</c>.</param>
    /// <param name="arguments">In the order of its schema; 0 for None.</param>
    /// <exception cref="InvalidOperationException">The operator refused. libtorch writes its reason to the standard error.</exception>
    public static void Call(ReadOnlySpan<byte> name, Span<ulong> arguments)
    {
        fixed (byte* operation = name)
        fixed (ulong* stack = arguments)
        {
            byte overload = 0;
            if (Loaded.Value!.CallDispatcher(operation, &overload, stack, SupportedVersion) != 0)
            {
                throw new InvalidOperationException(
                    $"Expected libtorch to run {System.Text.Encoding.ASCII.GetString(name).TrimEnd('\0')}, but it refused: its reason is on the standard error.");
            }
        }
    }

    /// <summary>Where the values of a tensor begin, on whatever device.</summary>
    public static nint AddressOf(Tensor tensor)
    {
        nint address;
        Check(Loaded.Value!.GetAddress(tensor.Handle, &address), "the address of a tensor");
        GC.KeepAlive(tensor);
        return address;
    }

    /// <summary>Gives a tensor the memory, device and type of another, as assigning to <c>data</c> does in PyTorch. Who holds the tensor sees the change.</summary>
    public static void SetData(Tensor tensor, Tensor data) => Call("aten::set_data\0"u8, [Own(tensor), Own(data)]);

    private static void Check(int result, string what)
    {
        if (result != 0)
        {
            throw new InvalidOperationException($"Expected libtorch to make {what}, but it refused: its reason is on the standard error.");
        }
    }

    private static Functions? Load()
    {
        Torch.EnsureLoaded();

        // The mangled names and the calling convention were verified on Linux x64 only.
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64 || !NativeLibrary.TryLoad("libtorch_cpu.so", out var library))
        {
            return null;
        }

        return NativeLibrary.TryGetExport(library, "aoti_torch_abi_version", out var version)
            && ((delegate* unmanaged<ulong>)version)() == SupportedVersion
            && NativeLibrary.TryGetExport(library, "torch_call_dispatcher", out var call)
            && NativeLibrary.TryGetExport(library, "aoti_torch_new_tensor_handle", out var newTensor)
            && NativeLibrary.TryGetExport(library, "torch_new_list_reserve_size", out var newList)
            && NativeLibrary.TryGetExport(library, "torch_list_push_back", out var pushBack)
            && NativeLibrary.TryGetExport(library, "aoti_torch_get_data_ptr", out var getAddress)
                ? new Functions(library, call, newTensor, newList, pushBack, getAddress)
                : null;
    }

    private sealed class Functions(nint library, nint call, nint newTensor, nint newList, nint pushBack, nint getAddress)
    {
        public readonly nint Library = library;
        public readonly delegate* unmanaged<byte*, byte*, ulong*, ulong, int> CallDispatcher = (delegate* unmanaged<byte*, byte*, ulong*, ulong, int>)call;
        public readonly delegate* unmanaged<nint, nint*, int> NewTensor = (delegate* unmanaged<nint, nint*, int>)newTensor;
        public readonly delegate* unmanaged<nuint, nint*, int> NewList = (delegate* unmanaged<nuint, nint*, int>)newList;
        public readonly delegate* unmanaged<nint, nint*, int> GetAddress = (delegate* unmanaged<nint, nint*, int>)getAddress;
        public readonly delegate* unmanaged<nint, ulong, int> PushBack = (delegate* unmanaged<nint, ulong, int>)pushBack;
    }
}
