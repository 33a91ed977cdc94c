using Mlp.Training.Distributed.Launch;

namespace Mlp.Training.Distributed.Collectives.Tcp;

// Several hosts with several ranks: what a host's ranks have in common crosses the network once. Each of the host's first ranks reduces a part among the host's, exchanges it with those of its place on other hosts, and gives it back.
internal sealed partial class TcpBackend
{
    private readonly HostLayout _hosts;

    private CallRoute MakeHierarchyRoute()
    {
        var (to, from) = (new List<int>(), new List<int>());
        if (_hosts.Rail is { Length: > 0 } rail)
        {
            to.AddRange([rail[CallRoute.Next(rail.Length, _hosts.Host)], .. HalvingPartners(rail, _hosts.Host)]);
            from.AddRange([rail[CallRoute.Before(rail.Length, _hosts.Host)], .. HalvingPartners(rail, _hosts.Host)]);
        }

        if (_hosts.Local is { Length: > 1 } local)
        {
            to.Add(local[CallRoute.Next(local.Length, _hosts.LocalIndex)]);
            from.Add(local[CallRoute.Before(local.Length, _hosts.LocalIndex)]);
        }

        return CallRoute.Make(_links, Rank, to, from);
    }

    private void HierarchicalAllReduce(in CollectiveCall call, Span<byte> values)
    {
        using var turn = BeginAmong(call, _hierarchyRoute);
        var (local, index, rails) = (_hosts.Local, _hosts.LocalIndex, _hosts.Rails);
        var parts = Divide(values.Length, rails, local.Length);
        _plan.Begin(lag: 1);
        _plan.AddReduceScatter(parts, index, PieceUse.Combine);
        var part = parts[index];
        Circulate(call, local, index, values, values);

        if (_hosts.Rail.Length > 0)
        {
            var own = values.Slice(part.OutStart, part.OutLength);
            if (AlgorithmChoice.OfFlat(own.Length, _hosts.Rail.Length) == ReductionAlgorithm.Ring)
            {
                RingAllReduce(call, _hosts.Rail, _hosts.Host, own);
            }
            else
            {
                HalvingAllReduce(call, _hosts.Rail, _hosts.Host, own);
            }
        }

        _plan.Begin(lag: 1);
        _plan.AddAllGather(Divide(values.Length, rails, local.Length), index);
        Circulate(call, local, index, values, values);
        Conclude(call);
    }
}
