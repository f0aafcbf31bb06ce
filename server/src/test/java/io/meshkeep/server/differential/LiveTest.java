package io.meshkeep.server.differential;
import java.nio.file.*;
import java.time.Duration;
import java.util.*;
class LiveTest {
static Dialect dia(String[] a){return a[0].equals("/usr/bin/etcd")||a[1].equals("/usr/bin/etcd")?Dialects.ETCD_3_4:(a[0]+a[1]).contains("3.5")?Dialects.ETCD_3_5:Dialects.ETCD_3_6;}
  public static void main(String[] a) throws Exception {
    Path ref=Path.of(a[0]); SystemUnderTest.Starter cand=a[1].equals("us")?MeshkeepUnderTest::start:()->Referee.start(Path.of(a[1])); int ops=Integer.parseInt(a[2]);
    int[] n={0,0}; Duel duel=null; for (int i=3;i<a.length;i++) {
      long seed=Long.parseLong(a[i]);
      Dialect d=dia(a);if(duel==null)duel=new Duel(d,a[1].equals("us")?Deviation.OURS:List.of(),Duration.ofSeconds(5));
 long t=System.nanoTime();
      
      Map<String,Integer> errs=new TreeMap<>();
      try (Referee r=Referee.start(ref); SystemUnderTest c=cand.start()) {
        long t1=System.nanoTime();
        Optional<Mismatch> m;
        try {
        m=duel.run(new Generator(seed, ops, d), r, c); n[0]=duel.ops()-n[1]; n[1]=duel.ops();
        } catch (IllegalStateException e) { System.out.println("ISE "+e.getMessage()); continue; }
        System.out.printf("seed %d: %d steps start %.1fs run %.1fs%n", seed,n[0],(t1-t)/1e9,(System.nanoTime()-t1)/1e9);
        m.ifPresent(x->System.out.println(x.report(System.getenv("SHRINK")!=null?1:15)));
if(i==a.length-1) System.out.println("missing "+duel.errors().missing(d));
 if(m.isPresent()&&System.getenv("SHRINK")!=null) try(Spares sp=new Spares(()->Referee.start(ref),4)) {System.out.println("SHRUNK "+new Shrinker(new Rematch(sp,cand,d,a[1].equals("us")?Deviation.OURS:List.of())::run,Duration.ofSeconds(60)).shrink(m.get()).report(60));}
      }
    }
    System.exit(0);
  }
}
