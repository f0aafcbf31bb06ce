package io.meshkeep.server.differential;
import java.nio.file.*;
import java.time.Duration;
import java.util.*;
class LiveTest {
  public static void main(String[] a) throws Exception {
    Path ref=Path.of(a[0]), cand=Path.of(a[1]); int ops=Integer.parseInt(a[2]);
    for (int i=3;i<a.length;i++) {
      long seed=Long.parseLong(a[i]);
      long t=System.nanoTime();
      int[] n={0}; Dialect d=a[0].equals("/usr/bin/etcd")||a[1].equals("/usr/bin/etcd")?Dialects.ETCD_3_4:(a[0]+a[1]).contains("3.5")?Dialects.ETCD_3_5:Dialects.ETCD_3_6;
      Map<String,Integer> errs=new TreeMap<>();
      try (Referee r=Referee.start(ref); Referee c=Referee.start(cand)) {
        long t1=System.nanoTime();
        Optional<Mismatch> m;
        try {
        m=new Duel(d, Duration.ofSeconds(5)).run(new Generator(seed, ops, d), r, c, s->{n[0]++; if (s.answer() instanceof Answer.Failure f) errs.merge(f.code()+" "+f.text().replaceAll("\\d+","N"),1,Integer::sum);});
        } catch (IllegalStateException e) { System.out.println("ISE "+e.getMessage()); continue; }
        System.out.printf("seed %d: %d steps start %.1fs run %.1fs%n", seed,n[0],(t1-t)/1e9,(System.nanoTime()-t1)/1e9);
        m.ifPresent(x->System.out.println(x.report(15)));
        if (a.length==4) errs.forEach((k,v)->System.out.println(v+" "+k));
      }
    }
    System.exit(0);
  }
}
